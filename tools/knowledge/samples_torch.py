"""Real PyTorch objects: every dtype, storage, layout and kind of tensor, every module and optimiser that can be made."""
import collections
import inspect
import warnings

import torch
from torch import nn

warnings.simplefilter("ignore")
ARGUMENTS = (
    (), (4,), (4, 4), (4, 2), (2, 2, 1), (2,), (1,), ((2, 2),), (2, 2, 2), (4, 2, 2), ([4],), (8, 2), (10, 4), (4, 4, 4), (2, 4), (nn.Linear(2, 2),), ([nn.Linear(2, 2)],),
    ({"a": nn.Linear(2, 2)},), (0.1, 0.2), (4, [1, 2]), (nn.TransformerEncoderLayer(8, 2, 16), 1), (nn.TransformerDecoderLayer(8, 2, 16), 1), (1, 4), (4, 10, [2, 4]),
    ([torch.nn.Parameter(torch.zeros(2))],), ({"a": torch.nn.Parameter(torch.zeros(2))},),
)


def tensors():
    for name in sorted(dir(torch)):
        dtype = getattr(torch, name)
        if isinstance(dtype, torch.dtype):
            yield f"dtype_{name}", dtype
            try:
                yield f"tensor_{name}", torch.zeros(3).to(dtype)
            except Exception:
                try:
                    yield f"tensor_{name}", torch.empty(3, dtype=dtype)
                except Exception:
                    continue
    base = torch.arange(6.0).reshape(2, 3)
    for name, make in (
        ("scalar", lambda: torch.tensor(1.0)), ("empty", lambda: torch.empty(0)), ("strided", lambda: base.t()), ("slice", lambda: base[:, 1:]), ("grad", lambda: base.clone().requires_grad_()),
        ("parameter", lambda: nn.Parameter(base)), ("buffer", lambda: nn.Buffer(base)), ("sparse_coo", lambda: base.to_sparse()), ("sparse_csr", lambda: base.to_sparse_csr()), ("sparse_csc", lambda: base.to_sparse_csc()),
        ("sparse_bsr", lambda: torch.eye(4).to_sparse_bsr((2, 2))), ("quantized", lambda: torch.quantize_per_tensor(base, 0.1, 0, torch.qint8)),
        ("quantized_channel", lambda: torch.quantize_per_channel(base, torch.tensor([0.1, 0.2]), torch.tensor([0, 0]), 0, torch.qint8)), ("nested", lambda: torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)])),
        ("nested_jagged", lambda: torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)], layout=torch.jagged)),
        ("meta", lambda: torch.empty(2, device="meta")), ("conj", lambda: torch.zeros(2, dtype=torch.complex64).conj()), ("neg", lambda: torch.zeros(2, dtype=torch.complex64).conj().imag),
        ("size", lambda: base.size()), ("device", lambda: torch.device("cpu")), ("layout", lambda: torch.strided), ("memory_format", lambda: torch.channels_last), ("qscheme", lambda: torch.per_tensor_affine),
        ("generator", lambda: torch.Generator().manual_seed(1)), ("generator_state", lambda: torch.get_rng_state()), ("finfo", lambda: torch.finfo(torch.float32)), ("storage", lambda: base.storage()), ("untyped", lambda: base.untyped_storage()),
        ("shared", lambda: [base, base[0]]), ("attribute", lambda: _with_attribute()), ("subclass", lambda: torch.nn.parameter.UninitializedParameter()), ("named", lambda: torch.zeros(2, 3, names=("a", "b"))),
        ("return_type", lambda: torch.max(base, 0)), ("masked", lambda: torch.masked.masked_tensor(base, base > 1)), ("float_tensor", lambda: torch.FloatTensor([1.0])),
    ):
        try:
            yield name, make()
        except Exception:
            continue


def _with_attribute():
    tensor = torch.zeros(2)
    tensor.note = "x"
    return tensor


def instances(home, base):
    for name in sorted(dir(home)):
        cls = getattr(home, name)
        if not (inspect.isclass(cls) and issubclass(cls, base)) or cls is base:
            continue
        for arguments in ARGUMENTS:
            try:
                yield f"{home.__name__}.{name}", cls(*arguments)
                break
            except Exception:
                continue


def modules():
    yield from instances(nn, nn.Module)
    for path in ("nn.quantized", "nn.qat", "nn.intrinsic", "nn.quantizable", "ao.nn.quantized", "ao.nn.qat", "ao.nn.intrinsic", "ao.nn.quantizable", "ao.nn.quantized.dynamic", "ao.quantization", "nn.modules.lazy"):
        try:
            home = torch
            for part in path.split("."):
                home = getattr(home, part)
            yield from instances(home, nn.Module)
        except Exception:
            continue
    yield "sequential", nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.BatchNorm1d(2), nn.Dropout(), nn.Softmax(-1))
    yield "spectral", nn.utils.spectral_norm(nn.Linear(2, 2))
    yield "weight_norm", nn.utils.weight_norm(nn.Linear(2, 2))
    for name in ("weight_norm", "spectral_norm", "orthogonal"):
        try:
            yield f"parametrized_{name}", getattr(nn.utils.parametrizations, name)(nn.Linear(2, 2))
        except Exception:
            continue
    try:
        yield "dynamic_quantized", torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(2, 2), nn.LSTM(2, 2)), dtype=torch.qint8)
    except Exception:
        pass


def training():
    model = nn.Linear(2, 2)
    for name in sorted(dir(torch.optim)):
        cls = getattr(torch.optim, name)
        if inspect.isclass(cls) and issubclass(cls, torch.optim.Optimizer) and cls is not torch.optim.Optimizer:
            try:
                optimizer = cls(model.parameters(), lr=0.1)
                model(torch.zeros(1, 2)).sum().backward()
                optimizer.step(lambda: torch.tensor(0.0)) if name == "LBFGS" else optimizer.step()
            except Exception:
                continue
            yield f"optimizer_{name}", optimizer
            yield f"optimizer_state_{name}", optimizer.state_dict()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    schedules = torch.optim.lr_scheduler
    for name, arguments in (("StepLR", (1,)), ("MultiStepLR", ([1],)), ("ExponentialLR", (0.9,)), ("CosineAnnealingLR", (2,)), ("ReduceLROnPlateau", ()), ("CyclicLR", (0.1, 0.2)), ("OneCycleLR", (0.1, 5)),
                            ("CosineAnnealingWarmRestarts", (2,)), ("LinearLR", ()), ("ConstantLR", ()), ("PolynomialLR", ())):
        try:
            schedule = getattr(schedules, name)(optimizer, *arguments)
            yield f"schedule_{name}", schedule
            yield f"schedule_state_{name}", schedule.state_dict()
        except Exception:
            continue
    checkpoint = {"epoch": 3, "model": model.state_dict(), "optimizer": optimizer.state_dict(), "loss": 0.5, "best": torch.tensor(1.0), "metrics": collections.defaultdict(list, a=[1.0]), "rng": torch.get_rng_state()}
    yield "checkpoint", checkpoint
    try:
        yield "scaler", torch.amp.GradScaler("cpu").state_dict()
    except Exception:
        pass
    from torch.utils import data

    yield "dataset", data.TensorDataset(torch.zeros(2, 2))
    yield "subset", data.Subset(data.TensorDataset(torch.zeros(2, 2)), [0])
    import torch.distributions as distributions

    for name, arguments in (("Normal", (0.0, 1.0)), ("Bernoulli", (0.5,)), ("Categorical", (torch.ones(3),)), ("Uniform", (0.0, 1.0)), ("Beta", (1.0, 1.0)), ("Gamma", (1.0, 1.0)), ("MultivariateNormal", (torch.zeros(2), torch.eye(2)))):
        try:
            yield f"distribution_{name}", getattr(distributions, name)(*arguments)
        except Exception:
            continue


def everything():
    yield from tensors()
    yield from modules()
    yield from training()
