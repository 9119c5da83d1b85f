"""Allow lists of libraries of which saved objects are mostly classes with attributes: nltk, networkx, optuna, pyarrow, Pillow.

    pip install nltk networkx optuna pyarrow pillow
    python enumerate_others.py

Only classes are listed on which nothing runs when the loader makes one and gives it attributes: none of its own bases defines
`__setstate__`, `__reduce__`, `__new__`, `__setattr__`, `__getattr__` or `__del__`, but for those in REVIEWED, which were read. What
starts programs when it is used (taggers and parsers of other vendors) is left out."""
import enum
import importlib.metadata
import inspect

import emit
import pyarrow as pa
import walk
from hooks import HOOKS

PLACES = {
    "nltk": ("nltk.tokenize", "nltk.tag", "nltk.stem", "nltk.probability", "nltk.classify", "nltk.lm", "nltk.chunk", "nltk.grammar", "nltk.tree", "nltk.collocations", "nltk.redos"),
    "networkx": ("networkx.classes",),
    "optuna": ("optuna.distributions", "optuna.pruners", "optuna.samplers", "optuna.search_space", "optuna.study", "optuna.trial", "optuna.storages._in_memory"),
}
# These run or reach programs, files and networks.
LEFT_OUT = ("stanford", "weka", "megam", "senna", "hunpos", "repp", "maltparser", "corenlp", "textcat", "toolbox", "_cmaes", "_gp", "_nsgaiii", "_brute_force", "filters", "backends")
REVIEWED = {
    # Sets one attribute from its state.
    "networkx.classes.coreviews", "networkx.classes.reportviews",
    # `__new__` is `object.__new__`.
    "networkx.classes.graph", "networkx.classes.digraph", "networkx.classes.multigraph", "networkx.classes.multidigraph",
    # Attributes, and a new lock.
    "optuna.study.study", "optuna.storages._in_memory",
    # Names the class and its pairs; does nothing with a state; hands on what is no method of Python to a compiled expression.
    "nltk.probability", "nltk.tokenize.punkt", "nltk.redos",
}
CONTAINERS = {"FreqDist": {"call", "fill"}, "ConditionalFreqDist": {"call", "fill"}, "Tree": {"append"}, "ImmutableTree": {"append"}}


def harmless(cls, package):
    for base in cls.__mro__:
        if base.__module__.split(".")[0] == package and base.__module__ not in REVIEWED:
            if any(name in vars(base) for name in HOOKS):
                return False
    return not issubclass(cls, type)


for package, places in PLACES.items():
    found = {}
    for module, name, cls in walk.classes(package):
        if not module.startswith(places) or any(part in module for part in LEFT_OUT) or not emit.allowed_name(module, name):
            continue
        if not (issubclass(cls, enum.Enum) or harmless(cls, package)) or issubclass(cls, BaseException):
            continue
        roles = {"import", "call"} if issubclass(cls, enum.Enum) else {"import", "new", "build"} | CONTAINERS.get(name, set())
        arguments = "plain" if "call" in roles else "any"
        found[(module, name)] = (roles, arguments, "T2", "member of an enumeration" if issubclass(cls, enum.Enum) else "attributes only")
    if package == "optuna":
        found[("optuna.samplers._tpe.sampler", "default_gamma")] = ({"import"}, "any", "T2", "function of numbers, stored by reference")
        found[("optuna.samplers._tpe.sampler", "hyperopt_default_gamma")] = ({"import"}, "any", "T2", "function of numbers, stored by reference")
        found[("optuna.samplers._tpe.sampler", "default_weights")] = ({"import"}, "any", "T2", "function of numbers, stored by reference")
    if package == "nltk":
        import nltk.stem.snowball as snowball

        for name in snowball.SnowballStemmer.languages:
            cls = getattr(snowball, name.capitalize() + "Stemmer", None)
            if inspect.isclass(cls) and (cls.__module__, cls.__name__) in found:
                found[(cls.__module__, cls.__name__ + ".stem")] = ({"import"}, "any", "T2", "method that shortens a word")
    emit.write(package, [f"{package}-{importlib.metadata.version(package)}"], found)

# What the types, arrays and tables of Arrow say of themselves when they are saved.
TYPES = [pa.int8(), pa.list_(pa.int8()), pa.large_list(pa.int8()), pa.list_(pa.int8(), 2), pa.struct([("a", pa.int8())]), pa.timestamp("s", "UTC"), pa.time32("s"), pa.duration("s"),
         pa.dictionary(pa.int8(), pa.string()), pa.decimal128(5, 2), pa.decimal256(50, 2), pa.binary(3), pa.map_(pa.string(), pa.int8()), pa.run_end_encoded(pa.int32(), pa.int8()),
         pa.list_view(pa.int8()), pa.large_list_view(pa.int8()), pa.sparse_union([pa.field("a", pa.int8())])]
table = pa.table({"a": [1]})
objects = TYPES + [pa.field("a", pa.int8()), table, table.schema, table["a"], table["a"].chunk(0), table.to_batches()[0], pa.scalar(1), pa.py_buffer(b"a"), pa.array([[1]])]
found = {}
for value in objects:
    function = value.__reduce_ex__(4)[0]
    found[("pyarrow.lib", function.__name__)] = ({"call"}, "no-callables", "T2", "rebuilds a type, an array or a table of Arrow from what it holds")
emit.write("pyarrow", [f"pyarrow-{pa.__version__}"], found)
