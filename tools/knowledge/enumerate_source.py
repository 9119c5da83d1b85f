"""Lists classes of packages that need not be imported for it: their source is read, nothing runs.

Only classes whose bases, followed inside the package, end at a known harmless kind are listed, for construction and state."""
import ast
import importlib.metadata
import pathlib
import site
import sys

import emit
import harvest

ROOT = pathlib.Path(site.getsitepackages()[0])
MODULE_BASES = {"nn.Module", "torch.nn.Module", "Module", "nn.Sequential", "nn.Linear", "nn.Conv2d", "nn.ModuleList", "nn.ModuleDict", "nn.BatchNorm2d", "torch.nn.Sequential", "nn.LayerNorm", "nn.Embedding"}
KINDS = {
    "transformers": ({"PretrainedConfig", "PreTrainedConfig", "PreTrainedTokenizer", "PreTrainedTokenizerFast", "PreTrainedTokenizerBase", "TokenizersBackend", "PythonBackend", "ExplicitEnum", "UserDict", "PreTrainedModel", "GradientCheckpointingLayer"} | MODULE_BASES, "configuration, tokenizer or enumeration: attributes only"),
    "torchvision": (MODULE_BASES, "module: parameters and attributes only"),
    "ultralytics": (MODULE_BASES | {"SimpleNamespace"}, "module or namespace: parameters and attributes only"),
    "sentence_transformers": (MODULE_BASES, "module: parameters and attributes only"),
}
SKIP = {"tests", "testing", "datasets", "prototype", "scripts", "commands", "cli", "hub", "data", "engine", "trackers", "solutions", "pipelines"}
EXTRA = {
    "transformers": [
        ("transformers.training_args", "TrainingArguments", ("new", "build")), ("transformers.training_args_seq2seq", "Seq2SeqTrainingArguments", ("new", "build")),
        ("transformers.generation.configuration_utils", "GenerationConfig", ("import", "new", "build")), ("transformers.tokenization_utils_base", "BatchEncoding", ("import", "new", "build")),
        ("transformers.trainer_pt_utils", "AcceleratorConfig", ("import", "new", "build")), ("transformers.trainer_callback", "TrainerState", ("import", "new", "build")), ("transformers.trainer_callback", "TrainerControl", ("import", "new", "build")),
        ("accelerate.state", "PartialState", ("import", "new", "build")), ("accelerate.utils.dataclasses", "DistributedType", ("import", "call")), ("accelerate.utils.dataclasses", "DynamoBackend", ("import", "call")),
        ("tokenizers", "Tokenizer", ("import", "call", "new", "build")), ("tokenizers", "AddedToken", ("import", "call", "new", "build")), ("tokenizers.models", "Model", ("import", "call", "new", "build")),
        ("transformers.trainer_utils", "IntervalStrategy", ("import", "call")), ("transformers.trainer_utils", "HubStrategy", ("import", "call")), ("transformers.trainer_utils", "SchedulerType", ("import", "call")), ("transformers.trainer_utils", "SaveStrategy", ("import", "call")),
        ("transformers.trainer_utils", "EvaluationStrategy", ("import", "call")), ("transformers.trainer_utils", "FSDPOption", ("import", "call")), ("transformers.training_args", "OptimizerNames", ("import", "call")), ("transformers.training_args", "ParallelMode", ("import", "call")),
        ("transformers.integrations.deepspeed", "HfTrainerDeepSpeedConfig", ("import", "new", "build")), ("transformers.integrations.deepspeed", "HfDeepSpeedConfig", ("import", "new", "build")),
    ],
    "ultralytics": [("ultralytics.utils", "IterableSimpleNamespace", ("import", "call", "new", "build"))],
}


# Whole models that people save: everything else in the library is its maker's to ask for.
MODELS = {
    "albert", "bart", "beit", "bert", "bloom", "blip", "camembert", "clip", "convnext", "deberta", "deberta_v2", "deit", "detr", "dinov2", "distilbert", "electra", "falcon",
    "gemma", "gemma2", "gpt2", "gpt_neo", "gpt_neox", "gptj", "hubert", "layoutlm", "layoutlmv3", "llama", "longformer", "mbart", "mistral", "mobilebert", "mpnet", "mt5", "opt",
    "phi", "phi3", "qwen2", "roberta", "segformer", "siglip", "swin", "t5", "vit", "vits", "wav2vec2", "whisper", "xlm_roberta",
}


def is_layer(module):
    parts = module.split(".")
    return parts[-1] == "activations" or parts[1] == "models" and parts[2] in MODELS and parts[-1].startswith("modeling_")


def classes(package):
    """(module, class, bases as written) of every top-level class."""
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if SKIP.intersection(parts) or parts[-1].startswith("test"):
            continue
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        try:
            tree = ast.parse(path.read_text())
        except (SyntaxError, UnicodeDecodeError):
            continue
        for node in tree.body:
            own = {item.name for item in getattr(node, "body", ()) if isinstance(item, ast.FunctionDef)}
            # A class that handles its state itself may open files with it: only read ones are listed, above.
            if isinstance(node, ast.ClassDef) and not own & {"__setstate__", "__new__", "__setattr__"}:
                yield module, node.name, [ast.unparse(base) for base in node.bases]


for package in sys.argv[1:]:
    roots, reason = KINDS[package]
    everything = list(classes(package))
    good = set(roots)
    while True:
        more = {name for _, name, bases in everything if any(base in good or base.split(".")[-1] in good for base in bases)}
        if more <= good:
            break
        good |= more
    found = {}
    for module, name, bases in everything:
        if name not in good or not emit.allowed_name(module, name):
            continue
        if package == "transformers" and not name.endswith(("Config", "Tokenizer", "TokenizerFast", "Strategy", "Type")):
            if is_layer(module):
                found[(module, name)] = ({"new", "build"}, "any", "T1", "part of a model: parameters and attributes only")
            continue
        roles = {"import", "call"} if {"ExplicitEnum", "Enum"}.intersection(bases) else {"import", "new", "build"}
        found[(module, name)] = (roles, "any", "T1" if package == "transformers" else "T2", reason)
    for module, name, roles in EXTRA.get(package, []):
        found[(module, name)] = (set(roles), "any", "T1" if package == "transformers" else "T2", "option or state of training: attributes or one value of an enumeration")
    emit.write(package, [f"{package}-{importlib.metadata.version(package.replace('_', '-'))}"], found)
