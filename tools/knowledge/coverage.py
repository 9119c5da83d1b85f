"""Says which names of a folder of benign files the allow lists do not explain, by loading the files under watch.

    coverage.py FOLDER

Loading runs the files: only for corpora made here."""
import pathlib
import sys
import warnings

import observe

observe.install()
warnings.simplefilter("ignore")

import emit  # noqa: E402

missing = {}
entries = {}
for path in emit.DATA.glob("*.tsv"):
    entries.update(emit.read(path)[0])
files = 0
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*")):
    observe.seen.clear()
    try:
        if path.suffix == ".pkl":
            import pickle

            pickle._load(path.open("rb"))
        elif path.suffix == ".joblib":
            import joblib

            joblib.load(path)
        elif path.suffix == ".pt":
            import torch

            torch.load(path, pickle_module=observe.module(), weights_only=False)
        else:
            continue
    except Exception as error:
        print(path, repr(error)[:200])
        continue
    files += 1
    for (module, name), roles in observe.seen.items():
        module = emit.canonical(module)
        entry = entries.get((module, name))
        lacking = set(roles) - entry[0] if entry else {"unlisted"}
        if lacking:
            missing.setdefault((module, name, " ".join(sorted(lacking))), []).append(path.name)
print(f"{files} files loaded, {len(missing)} names unexplained")
for (module, name, lacking), paths in sorted(missing.items()):
    print(f"{module}\t{name}\t{lacking}\t{len(paths)} files, {paths[0]}")
