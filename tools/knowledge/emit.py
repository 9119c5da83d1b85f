"""Writes the allow list of one library: sorted, one entry a line, merged with what earlier versions of the library taught."""
import pathlib

DATA = pathlib.Path(__file__).resolve().parents[2] / "crates/weighhouse-scan/data/globals"
ORDER = ("import", "call", "new", "build", "fill", "append")

# Names that load, run, compile, resolve a name, take a callable or a path. None of them gets in, whatever was observed.
REFUSED_NAMES = {
    "getattr", "setattr", "delattr", "eval", "exec", "execfile", "compile", "open", "input", "apply", "map", "filter", "vars",
    "globals", "locals", "__import__", "import_module", "partial", "partialmethod", "reduce", "attrgetter", "itemgetter",
    "methodcaller", "_ufunc_reconstruct", "load", "loads", "read_pickle", "GraphModule", "reduce_graph_module", "ScriptModule", "memmap",
}
REFUSED_PARTS = {
    "tests", "testing", "f2py", "distutils", "hub", "jit", "package", "cpp_extension", "_dynamo", "_inductor", "fx", "conftest",
    "utils.cpp_extension", "datasets", "_jit_internal", "onnx", "launcher", "elastic", "rpc", "cloudpickle", "dill",
    "ctypeslib", "externals", "_lazy_modules", "multiprocessing", "compiled_autograd", "model_zoo", "_pyinstaller",
}


def runs_its_state(module, name):
    """Distributions of scipy execute a template that they take from their saved state: only the script that knows it lists them."""
    return module.startswith("scipy.stats.") and name.endswith("_gen")


def allowed_name(module, name):
    """Whether a generated list may hold the name at all."""
    parts = module.split(".")
    if "." in name or "<" in name or name in REFUSED_NAMES:
        return False
    return not REFUSED_PARTS.intersection(parts)


def canonical(module):
    return {"__builtin__": "builtins", "copy_reg": "copyreg"}.get(module, module)


def read(path):
    entries, versions = {}, set()
    if path.exists():
        for line in path.read_text().splitlines():
            if line.startswith("# seen with: "):
                versions.update(line.removeprefix("# seen with: ").split(", ") if hasattr(line, "removeprefix") else line[13:].split(", "))
            elif line and not line.startswith("#"):
                module, name, roles, arguments, tier, reason = line.split("\t")
                entries[(module, name)] = (set(roles.split()), arguments, tier, reason)
    return entries, versions


def write(library, versions, found, executed=False):
    """`found`: (module, name) -> (roles, arguments, tier, reason). Merges into the file of `library`."""
    path = DATA / f"{library}.tsv"
    entries, known = read(path)
    for key, (roles, arguments, tier, reason) in found.items():
        if runs_its_state(*key) and not executed:
            continue
        if key in entries:
            roles = set(roles) | entries[key][0]
            old_arguments, tier, reason = entries[key][1:]
            arguments = arguments if old_arguments == "any" else old_arguments
        entries[key] = (set(roles), arguments, tier, reason)
    known.update(versions)
    lines = [
        f"# Names of {library} that saved objects use. Written by the scripts in tools/knowledge, reviewed by diff.",
        f"# seen with: {', '.join(sorted(known))}",
        "# module, name, roles, arguments, tier, reason",
    ]
    for (module, name), (roles, arguments, tier, reason) in sorted(entries.items()):
        lines.append("\t".join((module, name, " ".join(r for r in ORDER if r in roles), arguments, tier, reason)))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    print(f"{path.name}: {len(entries)} entries")
