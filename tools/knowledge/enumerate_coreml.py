"""Adds what Core ML computes with to the list of operators.

    pip install coremltools && python enumerate_coreml.py

Kinds of models and layers are the choices of the published description; operations of programs (`mil`) are those that `coremltools`
registers."""
from coremltools.converters.mil.mil.ops.registry import SSAOpRegistry as registry
from coremltools.proto import Model_pb2, NeuralNetwork_pb2

from operator_lists import merge

found = {}
for field in Model_pb2.Model.DESCRIPTOR.oneofs_by_name["Type"].fields:
    found["coreml", field.name] = "kind of model of Core ML"
for field in NeuralNetwork_pb2.NeuralNetworkLayer.DESCRIPTOR.oneofs_by_name["layer"].fields:
    found["coreml", field.name] = "layer of Core ML"
for name in registry.core_ops:
    found["mil", name] = "operation of Core ML programs"
found["mil", "coreml_update_state"] = found["mil", "write_state"] = "operation of Core ML programs"
merge(found)
