"""Writes the list of classes and functions that documents name and that only compute: `crates/weighhouse-scan/data/objects.tsv`.

    pip install keras numpy h5py scikit-learn skops
    pip download --no-deps -d wheels tf_keras keras-hub keras-nlp==0.12.1 keras-cv sentence-transformers diffusers   # then unpack into one folder
    KERAS_BACKEND=numpy python enumerate_objects.py FOLDER

Keras itself is imported, so that what counts is what a document may name: classes with a configuration, and the functions of
the modules of activations, losses, metrics, initializers and numbers. The other packages need frameworks to be imported: their
classes are read from source. What an earlier run listed stays: models of old writers are still about."""
import ast
import importlib
import importlib.metadata
import inspect
import os
import pathlib
import pkgutil
import sys

os.environ.setdefault("KERAS_BACKEND", "numpy")
import keras  # noqa: E402
from keras.src.saving.keras_saveable import KerasSaveable  # noqa: E402
from skops.io import _trusted_types as trusted  # noqa: E402

DATA = pathlib.Path(__file__).resolve().parents[2] / "crates/weighhouse-scan/data/objects.tsv"
DANGEROUS = DATA.with_name("objects_dangerous.tsv")
# Functions that call what they are given: what they compute is somebody else's to say.
HIGHER = {
    "apply_along_axis", "associative_scan", "cond", "custom_gradient", "custom_objects_scope", "fori_loop", "map", "scan", "switch",
    "vectorize", "vectorized_map", "while_loop", "piecewise", "rearrange", "load", "save", "deserialize", "serialize", "get",
}
# Bases whose subclasses a configuration may name.
ROOTS = {
    "Layer", "Model", "Loss", "Metric", "Optimizer", "Initializer", "Regularizer", "Constraint", "LearningRateSchedule", "Policy",
    "DTypePolicy", "Backbone", "Task", "Preprocessor", "Tokenizer", "BaseImageAugmentationLayer", "Sampler", "PreprocessingLayer",
    "RNN", "Wrapper", "LossFunctionWrapper", "MeanMetricWrapper", "OptimizerV2",
}


def keras_names():
    for found in pkgutil.walk_packages(keras.src.__path__, "keras.src."):
        if ".backend." in found.name and ".common" not in found.name or found.name.endswith("_test"):
            continue
        try:
            module = importlib.import_module(found.name)
        except Exception as error:  # frameworks that are not installed
            print("skipped", found.name, error, file=sys.stderr)
            continue
        for name, value in vars(module).items():
            if inspect.isclass(value) and value.__module__ == module.__name__ and not name.startswith("_"):
                if issubclass(value, KerasSaveable) or hasattr(value, "get_config") and hasattr(value, "from_config"):
                    yield name, "class"
    for place in (keras.activations, keras.losses, keras.metrics, keras.initializers, keras.ops, keras.ops.nn, keras.ops.numpy,
                  keras.ops.image, keras.ops.linalg, keras.random):
        for name, value in vars(place).items():
            if inspect.isfunction(value) and not name.startswith("_") and name not in HIGHER:
                yield name, "function"


def source_names(folder):
    """Classes of a package that descend from something a configuration may name, as far as its own source tells."""
    classes = {}
    for path in sorted(folder.rglob("*.py")):
        if path.name.endswith("_test.py") or "tools" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(errors="replace"))):
            if isinstance(node, ast.ClassDef):
                bases = {ast.unparse(base).rsplit(".", 1)[-1] for base in node.bases}
                configured = any(isinstance(part, ast.FunctionDef) and part.name == "get_config" for part in node.body)
                known_bases, known = classes.get(node.name, (set(), False))
                classes[node.name] = (known_bases | bases, known or configured)
    accepted = {name for name, (bases, configured) in classes.items() if configured or bases & ROOTS}
    while True:
        more = {name for name, (bases, _) in classes.items() if bases & accepted} - accepted
        if not more:
            return sorted(name for name in accepted if not name.startswith("_"))
        accepted |= more


def tf_keras_functions(folder):
    for place in ("activations.py", "losses.py", "metrics/*.py"):
        for path in folder.glob(place):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.name not in HIGHER:
                    if not node.name.startswith(("serialize", "deserialize", "get")):
                        yield node.name


# Types that single nodes of skops trust by default, beside its lists.
NODES = [
    "builtins.bytearray", "builtins.bytes", "builtins.dict", "builtins.slice", "collections.OrderedDict", "collections.defaultdict",
    "numpy.dtype", "numpy.ndarray", "numpy.ma.MaskedArray", "numpy.random._generator.Generator", "numpy.random.mtrand.RandomState",
    "zoneinfo.ZoneInfo",
]


def skops_names():
    groups = {
        "type": NODES + trusted.PRIMITIVE_TYPE_NAMES + trusted.CONTAINER_TYPE_NAMES + trusted.NUMPY_DTYPE_TYPE_NAMES
        + trusted.SKLEARN_ESTIMATOR_TYPE_NAMES + getattr(trusted, "SKLEARN_INTERNAL_TYPE_NAMES", [])
        + getattr(trusted, "NUMPY_RANDOM_BIT_GENERATOR_TYPE_NAMES", []),
        "function": trusted.NUMPY_UFUNC_TYPE_NAMES + trusted.SCIPY_UFUNC_TYPE_NAMES,
    }
    for kind, names in groups.items():
        for name in names:
            yield name, kind


def sentence_transformers_names(folder):
    # Old files name the package's earlier folders; each class is still reached there.
    for path in sorted(folder.rglob("*.py")):
        if "models" in path.parts or "modules" in path.parts:
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    yield node.name


def main(folder):
    found = {}
    for name, kind in keras_names():
        found.setdefault(("keras", name), (kind, "keras"))
    for package in ("tf_keras", "keras_hub", "keras_nlp", "keras_cv"):
        for name in source_names(folder / package):
            found.setdefault(("keras", name), ("class", package))
    for name in tf_keras_functions(folder / "tf_keras/src"):
        found.setdefault(("keras", name), ("function", "tf_keras"))
    for name, kind in skops_names():
        found.setdefault(("skops", name), (kind, "trusted by skops"))
    for name in sentence_transformers_names(folder / "sentence_transformers"):
        found.setdefault(("sentence-transformers", name), ("class", "sentence-transformers"))
    for path in (folder / "diffusers/pipelines").rglob("*"):
        if path.is_dir() and not path.name.startswith("_"):
            found.setdefault(("diffusers", path.name), ("module", "pipelines of diffusers"))
    if DATA.exists():
        for line in DATA.read_text().splitlines():
            if not line.startswith("#"):
                framework, name, kind, reason = line.split("\t")
                found.setdefault((framework, name), (kind, reason))
    dangerous = {tuple(line.split("\t")[:2]) for line in DANGEROUS.read_text().splitlines() if not line.startswith("#")}
    header = [
        "# Classes and functions that documents name for a framework to build or call, and that only compute. Made by",
        "# tools/knowledge/enumerate_objects.py from keras " + importlib.metadata.version("keras") + ", skops "
        + importlib.metadata.version("skops") + " and the sources of tf_keras, keras_hub, keras_nlp, keras_cv, sentence_transformers, diffusers.",
        "# framework, name, kind, where it is defined",
    ]
    lines = ["\t".join((*key, *value)) for key, value in sorted(found.items()) if key not in dangerous]
    DATA.write_text("\n".join(header + lines) + "\n")
    print(len(lines), "objects")


main(pathlib.Path(sys.argv[1]))
