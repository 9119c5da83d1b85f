"""Writes the benign corpus: what real libraries really save, small enough to keep.

    make_benign.py OUT [--all]

Without `--all`, one protocol or codec per object is kept and nothing above the size limit, so that the whole fits a repository;
with it, every combination is written. Files are named by library, object and form."""
import argparse
import io
import pathlib
import pickle
import sys
import warnings

warnings.simplefilter("ignore")
LIMIT = 16 * 1024
LEFT_OUT = {  # their pickles resolve attributes by name through `getattr`, which is reported on purpose
    "scipy_interp1d", "zone", "timestamp_zone", "pandas_timestamp_zone", "tensor_bits8", "CyclicLR",
}
SLOW = ("torch.nn.quantized", "torch.nn.qat", "torch.nn.intrinsic", "torch.nn.quantizable", "torch.ao")


class Corpus:
    def __init__(self, root, everything):
        self.root, self.everything, self.count, self.bytes, self.turn = pathlib.Path(root), everything, 0, 0, 0

    def write(self, library, name, data):
        if not data or (not self.everything and len(data) > LIMIT):
            return
        path = self.root / library / name.replace("/", "_")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.count += 1
        self.bytes += len(data)

    def some(self, forms):
        """All forms, or each time the next one."""
        if self.everything:
            return forms
        self.turn += 1
        return [forms[self.turn % len(forms)]]

    def pickled(self, library, name, obj, protocols=(0, 1, 2, 3, 4, 5)):
        for protocol in self.some(list(protocols)):
            try:
                data = pickle.dumps(obj, protocol)
            except Exception:
                continue
            if b"getattr" in data or b"functools" in data:
                continue
            self.write(library, f"{name}.p{protocol}.pkl", data)

    def joblib(self, library, name, obj):
        import joblib

        for codec in self.some([None, "zlib", "gzip", "bz2", "lzma", "xz", "lz4"]):
            path = self.root / "scratch.joblib"
            self.root.mkdir(parents=True, exist_ok=True)
            try:
                joblib.dump(obj, path, compress=(codec, 3) if codec else 0)
                data = path.read_bytes()
            except Exception:
                continue
            finally:
                path.unlink(missing_ok=True)
            if b"getattr" not in data:
                self.write(library, f"{name}.{codec or 'plain'}.joblib", data)

    def torch(self, name, obj):
        import torch

        for zipped in self.some([True, False]):
            buffer = io.BytesIO()
            try:
                torch.save(obj, buffer, _use_new_zipfile_serialization=zipped)
            except Exception:
                continue
            data = buffer.getvalue()
            try:  # some element types can be written in the old form, but not read
                torch.load(io.BytesIO(data), weights_only=False)
            except Exception:
                continue
            if b"getattr" not in data and b"__torch__" not in data:
                self.write("torch", f"{name}.{'zip' if zipped else 'legacy'}.pt", data)


def arrays(corpus):
    import numpy as np
    import samples_numpy

    for name, obj in samples_numpy.everything():
        if name in LEFT_OUT:
            continue
        library = "pandas" if name.startswith("pandas_") or name in ("frame", "series") else "scipy" if "scipy" in name or name.endswith(("_matrix", "_array")) else "numpy"
        corpus.pickled(library, name, obj)
        corpus.joblib(library, name, obj) if name in ("structured", "fortran", "object", "masked", "frame", "big_endian") else None
    members = {}
    for name, obj in samples_numpy.arrays():
        if isinstance(obj, np.ndarray) and type(obj) is np.ndarray:
            buffer = io.BytesIO()
            try:
                np.save(buffer, obj)
            except Exception:
                continue
            corpus.write("numpy", f"{name}.npy", buffer.getvalue())
            members[name] = obj
    for form, save in (("npz", np.savez), ("compressed.npz", np.savez_compressed)):
        buffer = io.BytesIO()
        save(buffer, **members)
        corpus.write("numpy", f"arrays.{form}", buffer.getvalue())


def forests(corpus):
    import samples_boosting
    import samples_sklearn

    for source, library in ((samples_sklearn.everything(), "sklearn"), (samples_boosting.everything(), "boosting")):
        for name, obj in source:
            corpus.pickled(library, name, obj, (2, 4, 5))
            corpus.joblib(library, name, obj)


def tensors(corpus):
    import samples_torch
    import torch
    from torch import nn

    # The old form stores where and how each class was written; neither belongs into a repository.
    torch.serialization.get_source_lines_and_file = lambda cls, message=None: ([f"class {cls.__name__}(nn.Module):\n", "    ...\n"], 1, "model.py")
    for name, obj in samples_torch.everything():
        if not name.startswith(SLOW):
            corpus.torch(name, obj)
            if name in ("grad", "parameter", "checkpoint", "sequential", "optimizer_state_Adam", "torch.nn.modules.Linear", "torch.nn.Linear"):
                corpus.pickled("torch", name, obj, (2, 4))
    if not corpus.everything:
        return  # TorchScript stores the paths of the machine that made it
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    for name, script in (("scripted", torch.jit.script(model)), ("traced", torch.jit.trace(model, torch.zeros(1, 2)))):
        buffer = io.BytesIO()
        torch.jit.save(script, buffer)
        corpus.write("torch", f"{name}.pt", buffer.getvalue())


def containers(corpus):
    import numpy as np
    from gguf import GGUFWriter
    from safetensors.numpy import save

    weights = {"layer.weight": np.arange(12, dtype=np.float32).reshape(3, 4), "layer.bias": np.zeros(3, np.float16), "ids": np.arange(3)}
    corpus.write("safetensors", "plain.safetensors", save(weights))
    corpus.write("safetensors", "metadata.safetensors", save(weights, metadata={"format": "pt"}))
    corpus.write("safetensors", "empty.safetensors", save({}))
    path = corpus.root / "scratch.gguf"
    writer = GGUFWriter(str(path), "llama")
    writer.add_name("tiny")
    writer.add_block_count(1)
    writer.add_context_length(16)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(["<s>", "</s>", "a"])
    writer.add_chat_template("{% for message in messages %}{{ message['role'] + ': ' + message['content'] }}{% endfor %}")
    for name, value in weights.items():
        writer.add_tensor(name, value.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    corpus.write("gguf", "tiny.gguf", path.read_bytes())
    path.unlink()


def options(corpus):
    try:
        import transformers

        for name, obj in (
            ("config_bert", transformers.BertConfig()), ("config_llama", transformers.LlamaConfig()), ("generation", transformers.GenerationConfig()),
            ("batch", transformers.BatchEncoding({"input_ids": [1, 2]})), ("arguments", _training_arguments(transformers)),
        ):
            if obj is not None:
                corpus.pickled("transformers", name, obj, (2, 4, 5))
                corpus.torch(f"transformers_{name}", obj)
    except ImportError:
        pass


def _training_arguments(transformers):
    try:
        return transformers.TrainingArguments("out", report_to=[], use_cpu=True)
    except Exception:
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--all", action="store_true")
    arguments = parser.parse_args()
    corpus = Corpus(arguments.out, arguments.all)
    for part in (arrays, forests, tensors, containers, options):
        try:
            part(corpus)
        except Exception as error:
            print(f"{part.__name__}: {error!r}", file=sys.stderr)
        print(f"{part.__name__}: {corpus.count} files, {corpus.bytes} bytes so far", flush=True)


if __name__ == "__main__":
    main()
