"""Walks a package: its importable modules and the classes each of them defines."""
import importlib
import inspect
import pkgutil
import warnings

warnings.simplefilter("ignore")


def modules(package, skip=()):
    """Every importable module of the package whose path has no component in `skip`."""
    root = importlib.import_module(package)
    yield root
    for info in pkgutil.walk_packages(root.__path__, package + ".", onerror=lambda name: None):
        parts = info.name.split(".")
        if set(parts) & set(skip) or any(part.startswith("test") for part in parts) or "conftest" in parts or parts[-1] in ("setup", "__main__"):
            continue
        try:
            yield importlib.import_module(info.name)
        except BaseException:  # optional parts that do not import here have nothing to add
            continue


def classes(package, skip=()):
    """(module, qualified name, class) of every class defined inside the package."""
    seen = set()
    for module in modules(package, skip):
        for _, value in sorted(vars(module).items()):
            if inspect.isclass(value) and value not in seen and str(value.__module__).split(".")[0] == package:
                seen.add(value)
                yield value.__module__, value.__qualname__, value
