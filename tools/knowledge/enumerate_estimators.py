"""Allow lists of libraries in the manner of scikit-learn, and of the distributions of scipy: imblearn, category_encoders, hdbscan, statsmodels,
hmmlearn, lifelines, mlxtend, feature_engine, sklearn_crfsuite; and the enumerations of formulaic, whose formulas are evaluated when a model predicts, so that
nothing else of it is listed.

    pip install imbalanced-learn category_encoders hdbscan statsmodels scipy hmmlearn lifelines mlxtend feature_engine formulaic sklearn-crfsuite
    python enumerate_estimators.py

Classes on which nothing of the library runs when the loader makes one and gives it attributes: none of its own bases defines one of
HOOKS, but for those in REVIEWED, which were read. Classes that open files, run programs or take functions to call while loading stay out."""
import enum
import importlib
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
    "hmmlearn": ("hmmlearn", ()),
    "lifelines": ("lifelines", ("datasets", "plotting")),
    "mlxtend": ("mlxtend", ("data", "externals", "plotting", "file_io", "image")),
    "feature_engine": ("feature_engine", ("datasets",)),
    "statsmodels": ("statsmodels", ("sandbox", "datasets", "tools", "formula", "iolib", "graphics", "compat", "examples", "stats", "x13", "imputation", "src")),
}
REVIEWED = {
    # Looks an attribute up on the model that it wraps.
    "lifelines.fitters.coxph_fitter.CoxPHFitter",
    # `__getattribute__` and `__setstate__` hand on to the attributes of the results that are wrapped, and set them.
    "statsmodels.base.wrapper.ResultsWrapper",
    # Sets attributes, and one more by what they say.
    "statsmodels.discrete.discrete_model.NegativeBinomial",
    # Evaluates a formula that is in its state: the rules look at that formula.
    "statsmodels.base.data.ModelData",
    # Looks an attribute up among those of its parts.
    "statsmodels.tsa.statespace.tools.Bunch", "statsmodels.tools.tools.Bunch",
}
STATSMODELS = ("Model", "Results", "ResultsWrapper", "Data", "Family", "Link", "CovStruct", "Norm", "Specification", "Params", "Representation", "VarianceFunction", "DeterministicTerm", "DeterministicProcess")


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
    if package == "statsmodels" and cls.__module__ == "statsmodels.genmod.families.varfuncs":
        return "piece of a fitted model: attributes only"
    if package == "statsmodels" and any(base.__name__.endswith(STATSMODELS) for base in cls.__mro__):
        return "piece of a fitted model: attributes only"
    if package == "hdbscan" and cls.__name__ in ("PredictionData", "CondensedTree", "SingleLinkageTree", "MinimumSpanningTree", "ApproximationGraph", "BranchDetectionData"):
        return "piece of a fitted clustering: attributes only"
    if package == "hmmlearn" and cls.__name__ == "ConvergenceMonitor":
        return "piece of a fitted model: attributes only"
    if package == "lifelines" and cls.__name__ == "CovariateParameterMappings":
        return "piece of a fitted model: attributes only"
    if package == "lifelines" and any(base.__name__ == "BaseFitter" for base in cls.__mro__):
        return "fitted model: attributes only"
    if package == "mlxtend" and any(base.__name__.startswith("_Base") or base.__name__ == "BaseEstimator" for base in cls.__mro__):
        return "estimator: attributes only, no code runs"
    return None


# Written in C: made from arrays and numbers, and given arrays and numbers.
KALMAN = {
    "_representation": ("Statespace",),
    "_initialization": ("Initialization",),
    "_kalman_filter": ("KalmanFilter",),
    "_kalman_smoother": ("KalmanSmoother",),
    "_simulation_smoother": ("SimulationSmoother",),
    "_cfa_simulation_smoother": ("CFASimulationSmoother",),
}


def kalman():
    return {
        (f"statsmodels.tsa.statespace.{module}", f"{kind}{name}"): ({"import", "call", "build"}, "no-callables", "T2", "piece of a fitted model: arrays and numbers")
        for module, names in KALMAN.items()
        for name in names
        for kind in "sdcz"
    }


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
    if package == "lifelines":
        found[("lifelines.utils", "CensoringType")] = ({"import", "call"}, "plain", "T2", "member of an enumeration")
    if package == "statsmodels":
        found |= kalman()
        found[("statsmodels.tsa.statespace.initialization", "Initialization")] = ({"import", "new", "build"}, "any", "T2", "piece of a fitted model: attributes only")
        # A dictionary whose items are attributes, too; it looks nothing up when it is filled.
        for module in ("statsmodels.tools.tools", "statsmodels.tsa.statespace.tools"):
            found[(module, "Bunch")] = ({"import", "new", "build", "fill"}, "any", "T2", "dictionary whose items are attributes")
    emit.write(package, [f"{distribution}-{importlib.metadata.version(distribution)}"], found)

# Every distribution executes a template that its state holds, so a list alone would not do: the rules look at the template, and at
# states in which it cannot be seen.
infrastructure = scipy.stats._distn_infrastructure
found = {}
for module, name, cls in walk.classes("scipy"):
    if issubclass(cls, infrastructure.rv_generic) and cls.__module__.startswith("scipy.stats._") and not inspect.isabstract(cls):
        found[(module, name)] = ({"import", "new", "build"}, "any", "T1", "distribution: the template that its state holds is looked at")
emit.write("scipy", [f"scipy-{scipy.__version__}"], found, executed=True)

found = {}
for module, name, cls in walk.classes("formulaic"):
    for kind in [cls, *vars(cls).values()]:
        if inspect.isclass(kind) and issubclass(kind, enum.Enum):
            found[(kind.__module__, kind.__qualname__)] = ({"import", "call"}, "plain", "T2", "member of an enumeration")
emit.write("formulaic", [f"formulaic-{importlib.metadata.version('formulaic')}"], found)

# What writes a file when it gets its state is looked at by the rules.
found = {
    ("sklearn_crfsuite.estimator", "CRF"): ({"import", "new", "build"}, "any", "T2", "estimator: attributes only, no code runs"),
    ("sklearn_crfsuite._fileresource", "FileResource"): ({"import", "new", "build"}, "any", "T2", "writes a temporary file: the name that its state holds is looked at"),
    ("pycrfsuite._logparser", "TrainLogParser"): ({"import", "new", "build"}, "any", "T2", "piece of a fitted model: attributes only"),
}
for module, name in found:
    assert hasattr(importlib.import_module(module), name), (module, name)
emit.write("sklearn_crfsuite", [f"sklearn-crfsuite-{importlib.metadata.version('sklearn-crfsuite')}"], found)
