"""Real scikit-learn objects: every estimator the library lists, fitted on a few rows where that works, and the usual pipelines."""
import warnings

import numpy as np

RNG = np.random.RandomState(0)
X = np.abs(RNG.rand(24, 4))
Y = np.array([0, 1, 2] * 8)
R = X @ np.array([1.0, 2.0, 0.5, 0.1])
TEXT = ["good film", "bad film", "fine play", "dull play"] * 6


def _estimators():
    try:
        from sklearn.experimental import enable_iterative_imputer, enable_halving_search_cv  # noqa: F401
    except ImportError:
        pass
    try:
        from sklearn.experimental import enable_hist_gradient_boosting  # noqa: F401
    except ImportError:
        pass
    try:
        from sklearn.utils import all_estimators
    except ImportError:
        from sklearn.utils.testing import all_estimators
    return all_estimators()


def _construct(cls):
    from sklearn.linear_model import LogisticRegression, Ridge

    classifier = LogisticRegression()
    for arguments in ({}, {"estimator": classifier}, {"base_estimator": classifier}, {"estimator": Ridge()}, {"estimators": [("a", classifier)]},
                      {"estimators": [("a", Ridge())]}, {"steps": [("a", classifier)]}, {"transformer_list": [("a", "passthrough")]},
                      {"transformers": [("a", "passthrough", [0])]}, {"estimator": classifier, "param_grid": {"C": [1.0]}},
                      {"estimator": classifier, "param_distributions": {"C": [1.0, 2.0]}, "n_iter": 1}, {"dictionary": np.eye(4)},
                      {"base_estimator": Ridge()}):
        try:
            yield cls(**arguments)
        except TypeError:
            continue


def _small(est):
    for name, value in (("n_estimators", 2), ("max_iter", 5), ("n_components", 2), ("max_depth", 2), ("cv", 2), ("random_state", 0), ("n_init", 1), ("n_clusters", 2)):
        if name in est.get_params(deep=False):
            try:
                est.set_params(**{name: value})
            except Exception:
                continue
    return est


def fitted(cls):
    """One object of the class: fitted if any of the usual inputs fits it, else as constructed, else nothing."""
    fallback = None
    for est in _construct(cls):
        fallback = fallback or est
        try:
            est = _small(est)
        except Exception:
            continue
        for inputs in ((X, Y), (X, R), (X, np.stack([Y > 0, Y > 1], 1).astype(int)), (X,), (X, np.stack([R, R], 1)), (TEXT,), (X[:, 0], R),
                       ([{"a": 1, "b": "x"}] * 3,), ([["a"], ["b", "a"]] * 3,), (["a", "b"] * 3,)):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    est.fit(*inputs)
                return est
            except Exception:
                continue
    return fallback


def composed():
    """Pipelines and the option values that bring other classes in."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor, RandomForestClassifier
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.gaussian_process import GaussianProcessRegressor, kernels
    from sklearn.linear_model import LogisticRegression, SGDClassifier
    from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, ShuffleSplit, TimeSeriesSplit, GroupKFold, LeaveOneOut
    from sklearn.neighbors import BallTree, KDTree, KNeighborsClassifier, KernelDensity
    from sklearn.pipeline import FeatureUnion, make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

    yield "text_pipeline", make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=5)).fit(TEXT, Y)
    yield "count_pipeline", make_pipeline(CountVectorizer(dtype=np.float32), SGDClassifier(max_iter=5)).fit(TEXT, Y)
    columns = ColumnTransformer([("s", StandardScaler(), [0, 1]), ("o", OneHotEncoder(), [2]), ("f", FunctionTransformer(np.log1p), [3])])
    yield "columns", columns.fit(X)
    yield "union", FeatureUnion([("s", StandardScaler()), ("f", FunctionTransformer(np.sqrt))]).fit(X)
    yield "search", GridSearchCV(RandomForestClassifier(n_estimators=2, random_state=0), {"max_depth": [1, 2]}, cv=2).fit(X, Y)
    yield "calibrated", CalibratedClassifierCV(LogisticRegression(), cv=2).fit(X, Y)
    yield "splitters", [KFold(2), StratifiedKFold(2), ShuffleSplit(2), TimeSeriesSplit(2), GroupKFold(2), LeaveOneOut()]
    kernel = kernels.ConstantKernel() * kernels.RBF() + kernels.WhiteKernel() + kernels.Matern() + kernels.RationalQuadratic() ** 2 + kernels.DotProduct()
    yield "gaussian", GaussianProcessRegressor(kernel=kernel, optimizer=None).fit(X, R)
    for loss in ("hinge", "squared_hinge", "perceptron", "log", "log_loss", "modified_huber", "squared_loss", "squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive"):
        try:
            yield f"sgd_{loss}", SGDClassifier(loss=loss, max_iter=3).fit(X, Y)
        except Exception:
            continue
    for loss in ("deviance", "log_loss", "exponential"):
        try:
            yield f"gb_{loss}", GradientBoostingClassifier(loss=loss, n_estimators=2).fit(X, Y > 0)
            yield f"gb3_{loss}", GradientBoostingClassifier(loss=loss, n_estimators=2).fit(X, Y)
        except Exception:
            continue
    for loss in ("ls", "lad", "huber", "quantile", "squared_error", "absolute_error"):
        try:
            yield f"gbr_{loss}", GradientBoostingRegressor(loss=loss, n_estimators=2).fit(X, R)
        except Exception:
            continue
    for metric in ("euclidean", "manhattan", "chebyshev", "minkowski", "hamming", "canberra", "braycurtis", "haversine", "jaccard", "dice"):
        try:
            data = X[:, :2] if metric == "haversine" else X
            yield f"ball_{metric}", BallTree(data, metric=metric)
            yield f"knn_{metric}", KNeighborsClassifier(metric=metric, algorithm="ball_tree").fit(data, Y)
            yield f"kd_{metric}", KDTree(data, metric=metric)
        except Exception:
            continue
    yield "density", KernelDensity().fit(X)
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        yield "hist3", HistGradientBoostingClassifier(max_iter=2).fit(X, Y)
        yield "hist2", HistGradientBoostingClassifier(max_iter=2).fit(X, Y > 0)
        # Keeps a partial of `check_array`.
        yield "hist_categories", HistGradientBoostingClassifier(max_iter=2, categorical_features=[0]).fit(X, Y > 0)
        for loss, target in (("absolute_error", R), ("poisson", R), ("gamma", R + 1), ("quantile", R), ("least_squares", R), ("squared_error", R)):
            try:
                extra = {"quantile": 0.5} if loss == "quantile" else {}
                yield f"hist_{loss}", HistGradientBoostingRegressor(loss=loss, max_iter=2, **extra).fit(X, target)
            except Exception:
                continue
    except ImportError:
        pass
    from sklearn.metrics import make_scorer
    from sklearn.utils import Bunch

    yield "bunch", Bunch(a=1)
    try:
        yield "scorer", make_scorer(__import__("sklearn.metrics").metrics.f1_score)
    except Exception:
        pass
    try:
        from sklearn.linear_model import GammaRegressor, PoissonRegressor, TweedieRegressor

        for power in (0, 1, 1.5, 2, 3):
            yield f"tweedie_{power}", TweedieRegressor(power=power, max_iter=3).fit(X, R + 1)
    except ImportError:
        pass


def functions():
    """(module, name) of the pure functions that users hand to estimators: metrics, kernels, scores."""
    import types

    from sklearn import feature_selection, metrics
    from sklearn.metrics import pairwise

    for home in (feature_selection, metrics, pairwise):
        for name in sorted(getattr(home, "__all__", [n for n in vars(home) if n.endswith(("_kernel", "_distances"))])):
            value = getattr(home, name)
            if isinstance(value, types.FunctionType) and value.__module__.startswith("sklearn.") and not name.startswith(("make_", "get_", "check_", "_")):
                yield value.__module__, value.__name__


def everything():
    """(name, object) for every sample; classes that cannot be built are left out."""
    for name, cls in _estimators():
        obj = fitted(cls)
        if obj is not None:
            yield name, obj
    yield from composed()
