"""Lists the names that saved scikit-learn objects use: every estimator, fitted where it can be, every protocol, plain and joblib."""
import io
import warnings

import observe

observe.install()
warnings.filterwarnings("ignore")

import joblib  # noqa: E402
import numpy as np  # noqa: E402
import scipy  # noqa: E402
import sklearn  # noqa: E402

import harvest  # noqa: E402
import samples_sklearn  # noqa: E402
import walk  # noqa: E402

count = 0
for name, obj in samples_sklearn.everything():
    if observe.roundtrip(obj):
        count += 1
        buffer = io.BytesIO()
        joblib.dump(obj, buffer)
        buffer.seek(0)
        joblib.load(buffer)
print(f"{count} objects")

SKIP = ("tests", "datasets", "experimental", "externals", "_build_utils", "conftest", "_distributor_init", "callback")
# Modules whose classes are pieces of fitted estimators; read by a human for what their `__setstate__` does.
PIECES = (
    "sklearn._loss", "sklearn.linear_model._sgd_fast", "sklearn.metrics._dist_metrics", "sklearn.neighbors._dist_metrics", "sklearn.tree._tree",
    "sklearn.neighbors._ball_tree", "sklearn.neighbors._kd_tree", "sklearn.neighbors._quad_tree", "sklearn.ensemble._gb_losses",
    "sklearn.ensemble._hist_gradient_boosting.predictor", "sklearn.ensemble._hist_gradient_boosting.binning", "sklearn.isotonic",
    "sklearn.ensemble._hist_gradient_boosting.loss", "sklearn.model_selection._split", "sklearn.metrics._scorer", "sklearn.calibration", "sklearn.utils._tags",
    "sklearn.utils._metadata_requests", "sklearn.utils._bunch", "sklearn.linear_model._glm", "sklearn._loss.glm_distribution",
)
found = {}
for module, name, cls in walk.classes("sklearn", SKIP):
    if issubclass(cls, sklearn.base.BaseEstimator):
        reason = "estimator: attributes only, no code runs"
    elif module.startswith("sklearn.gaussian_process.kernels"):
        reason = "kernel of a Gaussian process: hyperparameters only"
    elif issubclass(cls, (dict, tuple, Warning, Exception)):
        reason = "container or exception type: data only"
    elif module.startswith(PIECES):
        reason = "piece of a fitted estimator: attributes only"
    else:
        continue
    found.update(harvest.structural([(module, name, cls)], "sklearn", reason))
found = {key: value for key, value in found.items() if not any(part in key[1] for part in ("Mixin", "Parallel", "PyFunc", "Display", "Solver"))}
for module, name in samples_sklearn.functions():
    found[(module, name)] = ({"import"}, "any", "T1", "pure function on arrays, stored by reference as a parameter")
# In scikit-learn 1.3 to 1.6 this extension module called itself by its last component.
for (module, name), (roles, arguments, tier, reason) in list(found.items()):
    if module == "sklearn._loss._loss" and name.startswith("Cy"):
        found[("_loss", name)] = ({"import", "call", "new", "build"}, arguments, tier, reason)
        found[("_loss", f"__pyx_unpickle_{name}")] = ({"call", "build"}, "same-package", tier, "rebuilds a loss from its parameters")
versions = [f"scikit-learn-{sklearn.__version__}", f"numpy-{np.__version__}", f"scipy-{scipy.__version__}", f"joblib-{joblib.__version__}"]
harvest.finish(versions, {"sklearn": found}, harvest.plain)
