"""Adds the operators of Caffe2 to the list of operators.

    pip install torch==1.0.0 future && python3.6 enumerate_caffe2.py

The name of an engine stands in a field of its own."""
from caffe2.python import workspace

from operator_lists import merge

names = [name for name in workspace.RegisteredOperators() if "_ENGINE_" not in name and "DontUseThis" not in name]
merge({("caffe2", name): "operator of Caffe2" for name in names})
