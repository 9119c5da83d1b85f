"""Allow lists of libraries in the manner of scikit-learn, and of the distributions of scipy: imblearn, category_encoders, hdbscan, statsmodels.

    pip install imbalanced-learn category_encoders hdbscan statsmodels scipy
    python enumerate_estimators.py

Classes on which nothing of the library runs when the loader makes one and gives it attributes: none of its own bases defines one of
HOOKS, but for those in REVIEWED, which were read. Classes that open files, run programs or take functions to call while loading stay out."""
import importlib.metadata
import inspect

import emit
import scipy.stats
import walk
from hooks import HOOKS

PACKAGES = {
    "imblearn": ("imbalanced-learn", ("keras", "tensorflow", "utils")),
    "category_encoders": ("category_encoders", ("datasets", "utils", "glmm")),
    "hdbscan": ("hdbscan", ()),
    "statsmodels": ("statsmodels", ("sandbox", "datasets", "tools", "formula", "iolib", "graphics", "compat", "examples", "stats", "x13", "imputation", "src")),
}
REVIEWED = {
    # `__getattribute__` and `__setstate__` hand on to the attributes of the results that are wrapped, and set them.
    "statsmodels.base.wrapper.ResultsWrapper",
    # Evaluates a formula that is in its state: the rules look at that formula.
    "statsmodels.base.data.ModelData",
    # Looks an attribute up among those of its parts.
    "statsmodels.tsa.statespace.tools.Bunch", "statsmodels.tools.tools.Bunch",
}
STATSMODELS = ("Model", "Results", "ResultsWrapper", "Data", "Family", "Link", "CovStruct", "Norm", "Specification", "Params", "Representation")


def unread_hooks(cls, package):
    """The hooks that the library itself puts on the class, and that nobody has read."""
    return sorted(
        f"{base.__module__}.{base.__qualname__}.{name}"
        for base in cls.__mro__
        if base.__module__.split(".")[0] == package and f"{base.__module__}.{base.__qualname__}" not in REVIEWED
        for name in HOOKS
        if name in vars(base)
    )


def saved(package, cls):
    import sklearn.base

    if issubclass(cls, sklearn.base.BaseEstimator):
        return "estimator: attributes only, no code runs"
    if package == "statsmodels" and any(base.__name__.endswith(STATSMODELS) for base in cls.__mro__):
        return "piece of a fitted model: attributes only"
    if package == "hdbscan" and cls.__name__ in ("PredictionData", "CondensedTree", "SingleLinkageTree", "MinimumSpanningTree", "ApproximationGraph", "BranchDetectionData"):
        return "piece of a fitted clustering: attributes only"
    return None


for package, (distribution, skipped) in PACKAGES.items():
    found = {}
    for module, name, cls in walk.classes(package):
        reason = saved(package, cls)
        if reason is None or set(module.split(".")[1:]) & set(skipped) or not emit.allowed_name(module, name) or issubclass(cls, BaseException):
            continue
        unread = unread_hooks(cls, package)
        if unread:
            print("left out:", module, name, unread)
            continue
        found[(module, name)] = ({"import", "new", "build"}, "any", "T2", reason)
    emit.write(package, [f"{distribution}-{importlib.metadata.version(distribution)}"], found)

# Every distribution executes a template that its state holds, so a list alone would not do: the rules look at the template, and at
# states in which it cannot be seen.
infrastructure = scipy.stats._distn_infrastructure
found = {}
for module, name, cls in walk.classes("scipy"):
    if issubclass(cls, infrastructure.rv_generic) and cls.__module__.startswith("scipy.stats._") and not inspect.isabstract(cls):
        found[(module, name)] = ({"import", "new", "build"}, "any", "T1", "distribution: the template that its state holds is looked at")
emit.write("scipy", [f"scipy-{scipy.__version__}"], found, executed=True)
