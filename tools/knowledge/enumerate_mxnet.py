"""Adds the operators of MXNet to the list of operators.

    pip install mxnet==1.9.1 && python enumerate_mxnet.py

The library is asked by its C interface: the Python package does not load beside newer versions of numpy."""
import ctypes
import importlib.util
import pathlib

from operator_lists import merge

library = ctypes.CDLL(str(pathlib.Path(importlib.util.find_spec("mxnet").origin).parent / "libmxnet.so"))
count, names = ctypes.c_uint(), ctypes.POINTER(ctypes.c_char_p)()
assert library.MXListAllOpNames(ctypes.byref(count), ctypes.byref(names)) == 0
merge({("mxnet", names[at].decode()): "operator of MXNet" for at in range(count.value)})
