"""Makes the inputs of the benchmarks, without any machine-learning library."""
import collections
import io
import json
import pathlib
import pickle
import random
import struct
import sys
import types
import zipfile

MIB = 1 << 20


def _block(seed, size):
    """Bytes that do not compress, the same in every run."""
    return random.Random(seed).randbytes(size)


def tiny_pickle(path):
    path.write_bytes(pickle.dumps(collections.OrderedDict(learning_rate=0.1, layers=[64, 32], name="tiny"), 4))


def object_graph(path, records=1_500_000):
    """About 104 MB of small objects, as a pickled Python structure has them; written record by record into one list."""
    with path.open("wb") as file:
        pickler = pickle.Pickler(file, 4)
        pickler.dump([{"id": index, "name": f"record-{index:09d}-{'x' * 26}", "score": index * 0.5} for index in range(records)])


def many_calls(path, calls=80_000):
    """As many different imports, each called with a text of its own: what costs per pair of them would show here."""

    def text(value):
        return b"\x8c" + bytes([len(value)]) + value.encode()

    with path.open("wb") as file:
        file.write(b"\x80\x04")
        for index in range(calls):
            file.write(text(f"acme.part{index % 50}") + text(f"function_{index}") + b"\x93" + text(f"argument {index}") + b"\x85R0")
        file.write(b"N.")


class _Storage(str):
    """The key of a storage, to be written as a persistent id."""


def _torch_names():
    """Stand-ins that pickle by the names PyTorch uses, so that its data member can be written without it."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    rebuild = lambda *arguments: None  # noqa: E731
    rebuild.__module__, rebuild.__name__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2", "_rebuild_tensor_v2"
    kind = type("FloatStorage", (), {"__module__": "torch"})
    utils._rebuild_tensor_v2, torch.FloatStorage, torch._utils = rebuild, kind, utils
    sys.modules.update({"torch": torch, "torch._utils": utils})
    return rebuild, kind


class _Tensor:
    def __init__(self, rebuild, storage, rows, columns):
        self.arguments = rebuild, (storage, 0, (rows, columns), (columns, 1), False, collections.OrderedDict())

    def __reduce__(self):
        return self.arguments


def torch_zip(path, storages=16, size=64 * MIB):
    """One GiB of tensors in the zip form of `torch.save`: members stored, data aligned to 64 bytes."""
    kept = {name: sys.modules.get(name) for name in ("torch", "torch._utils")}
    rebuild, kind = _torch_names()
    count = size // 4

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj):
            return ("storage", kind, str(obj), "cpu", count) if isinstance(obj, _Storage) else None

    state = collections.OrderedDict((f"layer.{index}.weight", _Tensor(rebuild, _Storage(index), count // 1024, 1024)) for index in range(storages))
    buffer = io.BytesIO()
    Pickler(buffer, 2).dump(state)
    for name, module in kept.items():
        sys.modules.pop(name)
        if module is not None:
            sys.modules[name] = module
    block = _block(1, size)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        members = [("data.pkl", buffer.getvalue()), ("byteorder", b"little"), *((f"data/{index}", block) for index in range(storages)), ("version", b"3\n")]
        for name, data in members:
            info = zipfile.ZipInfo(f"archive/{name}", (1980, 1, 1, 0, 0, 0))
            start = archive.fp.tell() + 30 + len(info.filename)
            padding = (-(start + 4)) % 64
            info.extra = b"FB" + struct.pack("<H", padding) + b"Z" * padding
            archive.writestr(info, data)


def safetensors(path, tensors=16, size=64 * MIB):
    """One GiB of tensors in a safetensors file."""
    header = {
        f"layer.{index}.weight": {"dtype": "F32", "shape": [size // 4096, 1024], "data_offsets": [index * size, (index + 1) * size]} for index in range(tensors)
    }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    block = _block(2, size)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _ in range(tensors):
            file.write(block)


def many_files(path, count=10_000):
    """Small files of the kinds a repository holds, a hundred to a folder."""
    rng = random.Random(3)
    for index in range(count):
        folder = path / f"{index // 100:03d}"
        folder.mkdir(parents=True, exist_ok=True)
        kind = index % 5
        if kind == 0:
            (folder / f"config_{index}.json").write_text(json.dumps({"hidden_size": index, "layers": [rng.randrange(9) for _ in range(20)]}))
        elif kind == 1:
            (folder / f"state_{index}.pkl").write_bytes(pickle.dumps({"index": index, "values": [rng.random() for _ in range(20)]}, 4))
        elif kind == 2:
            (folder / f"notes_{index}.md").write_text(f"# Notes {index}\n\n" + "Plain words about a model.\n" * 10)
        elif kind == 3:
            (folder / f"module_{index}.py").write_text(f'"""Part {index}."""\n\n\ndef scale(values):\n    return [value * {index} for value in values]\n')
        else:
            header = "{'descr': '<f8', 'fortran_order': False, 'shape': (16,), }"
            header += " " * (-(len(header) + 11) % 64) + "\n"
            (folder / f"array_{index}.npy").write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack("<16d", *range(16)))


INPUTS = {
    "tiny.pkl": tiny_pickle,
    "graph.pkl": object_graph,
    "calls.pkl": many_calls,
    "weights.pt": torch_zip,
    "weights.safetensors": safetensors,
    "many": many_files,
}


def make(folder):
    """Makes what is missing in the folder; returns name -> path."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, maker in INPUTS.items():
        path = folder / name
        if not path.exists():
            print(f"making {name}", file=sys.stderr, flush=True)
            maker(path)
    return {name: folder / name for name in INPUTS}


if __name__ == "__main__":
    make(sys.argv[1])
