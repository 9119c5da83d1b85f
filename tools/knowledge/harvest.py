"""Turns what was observed into entries, library by library, and reports what a human must look at."""
import sys

import emit
import observe

LIBRARIES = {
    "numpy": "numpy", "scipy": "scipy", "sklearn": "sklearn", "pandas": "pandas", "torch": "torch", "xgboost": "xgboost",
    "lightgbm": "lightgbm", "catboost": "catboost", "transformers": "transformers", "tokenizers": "transformers", "joblib": "joblib",
    "torchvision": "torchvision", "huggingface_hub": "transformers", "accelerate": "transformers", "sentence_transformers": "sentence_transformers",
    "ultralytics": "ultralytics", "pytz": "time", "dateutil": "time", "tzdata": "time", "tzlocal": "time",
}
TIERS = {"numpy": "T0", "torch": "T1", "scipy": "T1", "sklearn": "T1", "pandas": "T1", "joblib": "T1", "transformers": "T1", "time": "T1"}

# Callables that are only safe with certain arguments; the words are explained in the knowledge module of weighhouse-scan.
ARGUMENTS = {
    "__generator_ctor": "same-package",
    "__bit_generator_ctor": "same-package",
    "__randomstate_ctor": "same-package",
    "_reconstruct": "same-package",
    "_mareconstruct": "same-package",
    "newObj": "same-package",
    "_rebuild_from_type_v2": "same-package",
    "_rebuild_from_type": "same-package",
    "_load_from_bytes": "nested-pickle",
}


def structural(entries, library, reason, tier="T1", roles=("import", "new", "build")):
    """Entries for classes that were found by walking: they may be constructed without `__init__` and receive attributes."""
    return {
        (module, name): (set(roles), "any", tier, reason)
        for module, name, _ in entries
        if emit.allowed_name(module, name)
    }


def finish(versions, structural_entries, describe):
    """Writes the structural entries and the observed names. `describe(module, name, roles)` -> (tier, arguments, reason) or None."""
    found = {library: dict(entries) for library, entries in structural_entries.items()}
    strange = []
    for (module, name), roles in sorted(observe.seen.items()):
        module = emit.canonical(module)
        library = LIBRARIES.get(module.split(".")[0])
        if library is None:
            strange.append(f"{module}.{name} {sorted(roles)}")
            continue
        if not emit.allowed_name(module, name):
            strange.append(f"REFUSED {module}.{name} {sorted(roles)}")
            continue
        tier, arguments, reason = describe(module, name, roles)
        roles = set(roles) or {"import"}
        if {"new", "build"} & roles and name[:1].isupper():
            roles |= {"import", "new", "build"}
        old = found.setdefault(library, {}).get((module, name))
        if old:
            roles, arguments, tier, reason = roles | old[0], arguments if old[1] == "any" else old[1], old[2], old[3]
        found[library][(module, name)] = (roles, arguments, tier, reason)
    for library, entries in found.items():
        emit.write(library, versions, entries)
    print("outside the libraries, for a human to judge:", *strange, sep="\n  ")


def plain(module, name, roles):
    """The description of an observed name."""
    library = LIBRARIES[module.split(".")[0]]
    tier = TIERS.get(library, "T2")
    if roles <= {"import"} and isinstance(getattr(sys.modules.get(module), name, None), type):
        reason = "type used as a value"
    elif name[:1].isupper() or "new" in roles:
        reason = "class seen in saved objects: attributes only"
    elif roles == {"import"} or not roles:
        reason = "function stored by reference; not called while loading"
    else:
        reason = "rebuilds an object from plain data, as the library itself writes it"
    arguments = ARGUMENTS.get(name, "same-package" if name.startswith(("__pyx_unpickle_", "_new_")) else "any")
    return tier, arguments, reason
