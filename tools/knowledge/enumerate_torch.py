"""Lists the names that saved PyTorch objects use: tensors of every kind, whole modules, optimisers; zip, legacy and plain pickle."""
import io
import os
import warnings

import observe

observe.install()
warnings.filterwarnings("ignore")

import torch  # noqa: E402

import emit  # noqa: E402
import harvest  # noqa: E402
import samples_torch  # noqa: E402
import walk  # noqa: E402

count = 0
for name, obj in samples_torch.everything():
    if os.environ.get("TRACE"):
        print(name, flush=True)
    worked = observe.roundtrip(obj, (2, 4))
    for zipped in (True, False):
        try:
            buffer = io.BytesIO()
            torch.save(obj, buffer, _use_new_zipfile_serialization=zipped)
            buffer.seek(0)
            torch.load(buffer, pickle_module=observe.module(), weights_only=False)
            worked += 1
        except Exception:
            continue
    count += bool(worked)
print(f"{count} objects")

SKIP = ("jit", "fx", "testing", "_dynamo", "_inductor", "_export", "export", "onnx", "distributed", "package", "utils", "hub", "cuda", "xpu", "mps", "backends", "contrib",
        "_functorch", "func", "_prims", "_refs", "_decomp", "_subclasses", "_library", "_lazy", "_higher_order_ops", "csrc", "multiprocessing", "profiler", "monitor", "compiler", "_numpy", "_strobelight", "_logging", "bin", "lib", "fb", "experimental", "ns", "pt2e", "_vendor", "mtia", "signal", "futures", "autograd")
# Wrappers of code, process groups and recorders of quantisation: not parts of a model that someone saves.
REFUSED = ("torch.nn.cpp", "torch.nn.parallel.distributed", "torch.ao.ns", "torch.ao.pruning._experimental")
for key in [key for key in observe.seen if "Script" in key[1] or "_enable_get_lr_call" in key[1]]:
    del observe.seen[key]
found = {}
for module, name, cls in walk.classes("torch", SKIP):
    roles = ("import", "new", "build")
    if issubclass(cls, torch.nn.Module) and not module.startswith(("torch.ao.quantization.fx",)):
        reason = "module: parameters and attributes only"
    elif issubclass(cls, torch.optim.Optimizer) or module == "torch.optim.lr_scheduler":
        reason = "optimiser or schedule: numbers and tensors only"
    elif issubclass(cls, torch.distributions.Distribution) or module.startswith("torch.distributions.constraints"):
        reason = "distribution: tensors only"
    else:
        continue
    found.update(harvest.structural([(module, name, cls)], "torch", reason, roles=roles))
found = {key: value for key, value in found.items() if not key[0].startswith(REFUSED) and "Script" not in key[1] and "GraphModule" not in key[1]}
REBUILT = "rebuilds a tensor over a storage"
for name in ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter", "_rebuild_parameter_with_state", "_rebuild_sparse_tensor", "_rebuild_sparse_csr_tensor", "_rebuild_qtensor",
             "_rebuild_meta_tensor_no_storage", "_rebuild_nested_tensor", "_rebuild_wrapper_subclass", "_rebuild_device_tensor_from_numpy", "_rebuild_device_tensor_from_cpu_tensor", "_rebuild_xla_tensor"):
    found[("torch._utils", name)] = ({"import", "call", "build"}, "same-package", "T0", REBUILT)
found[("torch.nested._internal.nested_tensor", "_rebuild_njt")] = ({"import", "call"}, "same-package", "T0", "rebuilds a nested tensor from its parts")
found[("torch.tensor", "_rebuild_from_type")] = ({"call", "build"}, "rebuilds", "T0", "rebuilds a tensor of a subclass by another listed function of torch")
for name in ("_rebuild_from_type", "_rebuild_from_type_v2"):
    found[("torch._tensor", name)] = ({"call", "build"}, "rebuilds", "T0", "rebuilds a tensor of a subclass by another listed function of torch")
found[("torch.storage", "_load_from_bytes")] = ({"call"}, "nested-pickle", "T0", "storage inside plain pickle: its bytes are a pickle and inspected as one")
found[("torch.serialization", "_get_layout")] = ({"call"}, "name", "T0", "layout by name, from a fixed table")
found[("torch.jit._pickle", "build_intlist")] = ({"call"}, "any", "T0", "list of TorchScript")
for kind in ("intlist", "doublelist", "boollist", "tensorlist", "tensor_from_id"):
    found[("torch.jit._pickle", f"build_{kind}")] = ({"call"}, "any", "T0", "list of TorchScript; resolved by its own reader")
found[("torch.jit._pickle", "restore_type_tag")] = ({"call"}, "any", "T0", "typed container of TorchScript; resolved by its own reader")
for name in ("Size", "device"):
    found[("torch", name)] = ({"import", "call"}, "any", "T0", "plain value")
found[("torch", "Tensor")] = ({"import", "new", "build"}, "any", "T0", "tensor type")
for module in ("torch.nn.parameter", "torch.nn"):
    for name in ("Parameter", "Buffer"):
        found[(module, name)] = ({"import", "new", "build"}, "any", "T0", "tensor type")
for name in ("QInt8", "QInt32", "QUInt8", "QUInt2x4", "QUInt4x2", "Half", "BFloat16", "Float", "Double", "Byte", "Char", "Short", "Int", "Long", "Bool", "ComplexFloat", "ComplexDouble"):
    for module in ("torch", "torch.cuda"):
        found[(module, f"{name}Storage")] = ({"import"}, "any", "T0", "storage type: names an element type")
        found[(module, f"{name}Tensor")] = ({"import"}, "any", "T0", "tensor type: names an element type")
for name in ("UntypedStorage", "TypedStorage", "_UntypedStorage", "_TypedStorage"):
    found[("torch.storage", name)] = ({"import"}, "any", "T0", "storage type")
for name in sorted(dir(torch)):
    value = getattr(torch, name)
    if isinstance(value, (torch.dtype, torch.layout, torch.memory_format, torch.qscheme)):
        found[("torch", name)] = ({"import"}, "any", "T0", "constant")
for name in ("uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz"):
    found[("torch", name)] = ({"import"}, "any", "T0", "constant")
for name in ("relu", "gelu", "silu", "tanh", "sigmoid", "softmax", "leaky_relu", "elu", "selu", "softplus", "mish", "log_softmax", "hardswish", "hardtanh", "relu6", "cross_entropy", "mse_loss", "binary_cross_entropy_with_logits", "pairwise_distance"):
    found[("torch.nn.functional", name)] = ({"import"}, "any", "T1", "function on tensors, stored by reference")
for name in ("relu", "gelu", "tanh", "sigmoid", "softmax"):
    for module in ("torch", "torch._C._nn", "torch._C._VariableFunctions"):
        found[(module, name)] = ({"import"}, "any", "T1", "function on tensors, stored by reference")
reviewed = {key for key in found if key[0] == "torch.jit._pickle"}
allowed = lambda key: key in reviewed or emit.allowed_name(*key)  # noqa: E731
harvest.finish([f"torch-{torch.__version__.split('+')[0]}"], {"torch": {key: value for key, value in found.items() if allowed(key)}}, harvest.plain)
