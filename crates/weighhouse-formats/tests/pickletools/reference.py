"""Reference for the differential test of the pickle decoder: writes streams, and what CPython makes of them.

Output, one stream a line: hexadecimal bytes, tab, opcodes up to the end or the first error (offset, name, operand),
tab, globals that a real unpickler asks for (in order, without repetition), tab, whether it loaded.
Nothing is imported or executed: `find_class` returns an inert recorder. Fixed seed, no clock, no network.
"""

import io
import pickle
import pickletools
import random
import struct
import sys
from collections import OrderedDict

rng = random.Random(20)


class Inert:
    """Accepts everything, does nothing."""

    def __init__(self, *args, **kwargs):
        pass

    def __new__(cls, *args, **kwargs):
        return object.__new__(cls)

    def __call__(self, *args, **kwargs):
        return Inert()

    def __setstate__(self, state):
        pass

    def append(self, item):
        pass

    def extend(self, items):
        pass

    def add(self, item):
        pass

    def __setitem__(self, key, value):
        pass

    def __hash__(self):
        return 1


class Recorder(pickle._Unpickler):
    """The loader written in Python, which calls `find_class` with names as written."""

    def __init__(self, data):
        super().__init__(io.BytesIO(data))
        self.found = []

    def find_class(self, module, name):
        if not module:
            raise ValueError("empty module name")
        if (module, name) not in self.found:
            self.found.append((module, name))
        return Inert

    def persistent_load(self, pid):
        return Inert()

    def get_extension(self, code):
        if code <= 0:
            raise pickle.UnpicklingError("code")
        self.append(Inert)


def shown(op, arg):
    if arg is None:
        return "-"
    if op.name in ("GLOBAL", "INST"):
        return "n" + arg.encode("utf-8", "replace").hex()
    if isinstance(arg, bool):
        return "b1" if arg else "b0"
    if isinstance(arg, int):
        return "i%d" % arg
    if isinstance(arg, float):
        return "f" + struct.pack(">d", arg).hex() if arg == arg else "fnan"
    if isinstance(arg, (bytes, bytearray)):
        return "y" + bytes(arg).hex()
    return "t" + arg.encode("utf-8", "surrogatepass").hex()


def opcodes(data):
    out = []
    try:
        for op, arg, at in pickletools.genops(data):
            out.append("%d %s %s" % (at, op.name, shown(op, arg)))
    except Exception:
        out.append("error")
    return ",".join(out)


def value(depth=0):
    kind = rng.randrange(16 if depth < 4 else 8)
    if kind == 0:
        return None
    if kind == 1:
        return rng.choice([True, False])
    if kind == 2:
        return rng.choice([0, 1, -1, 255, 256, 65535, 65536, 2**31, -(2**31), 2**63, -(2**80), 10**30])
    if kind == 3:
        return rng.choice([0.0, 1.5, -2.25e300, 1e-310])
    if kind in (4, 5):
        return "".join(rng.choice("ab\\'\"\n\u00e9\u20ac\U0001f600 z") for _ in range(rng.randrange(12)))
    if kind in (6, 7):
        return bytes(rng.randrange(256) for _ in range(rng.randrange(300)))
    items = [value(depth + 1) for _ in range(rng.randrange(5))]
    if kind == 8:
        return tuple(items)
    if kind == 9:
        return frozenset(i for i in items if isinstance(i, (int, str, bytes)))
    if kind == 10:
        return {str(i): item for i, item in enumerate(items)}
    if kind == 11:
        return OrderedDict((i, item) for i, item in enumerate(items))
    if kind == 12:
        return bytearray(b"xyz")
    if kind == 13:
        return complex(1, 2)
    return items


TEXTS = [b"a", b"os", b"system", b"", b"\xc3\xa9", b"\xff", b"\xed\xa0\x80", b"x" * 300]
LINES = [b"0", b"1", b"00", b"01", b"12", b"-5", b"3L", b"zz", b"", b"'a'", b'"b\\x41"', b"'c", b"1.5", b"1e5", b"a\\u0041"]


def opcode(op):
    code = op.code.encode("latin-1")
    arg = op.arg.name if op.arg else None
    text = rng.choice(TEXTS)
    small = rng.randrange(6)
    if arg is None:
        return code
    if arg in ("uint1", "uint2", "uint4", "uint8", "int4"):
        size = int(arg[-1])
        return code + small.to_bytes(size, "little")
    if arg == "float8":
        return code + struct.pack(">d", 1.25)
    if arg == "stringnl_noescape_pair":
        return code + rng.choice([b"os\nsystem\n", b"builtins\neval\n", b"m\nC\n", b"a b\nc\n"])
    if arg.endswith("1"):
        text = text[:200]
        return code + bytes([len(text)]) + text
    if arg.endswith("4"):
        return code + len(text).to_bytes(4, "little") + text
    if arg.endswith("8"):
        return code + len(text).to_bytes(8, "little") + text
    if arg == "decimalnl_short" and op.name in ("GET", "PUT"):
        return code + b"%d\n" % small
    return code + rng.choice(LINES) + b"\n"


EASY = [o for o in pickletools.opcodes if o.name not in ("STOP", "FRAME", "PROTO")]
CALLS = [
    b"cos\nsystem\n(S'a'\ntR", b"\x8c\x02os\x94\x8c\x06system\x94\x93", b"cm\nC\n)\x81", b"(cm\nC\no", b"N", b")", b"}", b"(",
    b"]", b"K\x01", b"\x94", b"0", b"2", b"\x85", b"\x86", b"t", b"R", b"b", b"a", b"q\x01", b"h\x01", b"h\x00", b"\x93", b"u", b"e",
    b"\x8c\x01m", b"Q", b"(iposix\npopen\n", b"s",
]


def stream():
    kind = rng.randrange(4)
    if kind == 0:
        data = pickle.dumps(value(), protocol=rng.randrange(6))
        return data if rng.random() < 0.6 else damaged(data)
    head = b"\x80" + bytes([rng.choice([2, 3, 4, 5])]) if rng.random() < 0.7 else b""
    if kind == 1:
        body = b"".join(opcode(rng.choice(EASY)) for _ in range(rng.randrange(1, 25)))
    else:
        body = b"".join(rng.choice(CALLS) for _ in range(rng.randrange(1, 30)))
    data = head + body + b"."
    return data if rng.random() < 0.8 else damaged(data)


def damaged(data):
    data = bytearray(data)
    for _ in range(rng.randrange(1, 3)):
        if data:
            at = rng.randrange(len(data))
            if rng.random() < 0.5:
                data[at] = rng.randrange(256)
            else:
                del data[at:]
    return bytes(data)


def main(count):
    for _ in range(count):
        data = stream()
        recorder = Recorder(data)
        try:
            recorder.load()
            loaded = "1"
        except Exception:
            loaded = "0"
        found = ",".join("%s %s" % (m.encode("utf-8", "replace").hex(), n.encode("utf-8", "replace").hex()) for m, n in recorder.found)
        print("%s\t%s\t%s\t%s" % (data.hex(), opcodes(data), found, loaded))


main(int(sys.argv[1]))
