"""Adds the operations of CNTK to the list of operators: python enumerate_cntk.py CNTK/Source/CNTKv2LibraryDll/API/Internals/PrimitiveOpType.h"""
import pathlib
import re
import sys

from operator_lists import merge

names = re.findall(r"^\s+(\w+) = (\d+),", pathlib.Path(sys.argv[1]).read_text(), re.M)
merge({("cntk", name): "operation of CNTK" for name, number in names if int(number) < 98})
