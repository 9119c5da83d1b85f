"""Watches what unpickling really does with every name it imports.

`install()` wraps the handlers of CPython's pure-Python unpickler before any library copies them, so that plain pickle,
joblib and `torch.load(pickle_module=...)` all report here. What a name was used for is recorded as roles:

    import  passed as an argument, or stored as a value
    call    called with arguments from the stream (REDUCE, INST, OBJ)
    new     instantiated through `__new__` (NEWOBJ, NEWOBJ_EX)
    build   what it produced received state (BUILD)
    fill    what it produced received items by key (SETITEM, SETITEMS)
    append  what it produced received elements (APPEND, APPENDS, ADDITEMS)

Limits: only what the samples exercise is seen; the enumerating scripts add the classes of a library by their structure.
"""
import collections
import pickle
import types

ROLES = ("import", "call", "new", "build", "fill", "append")
seen = collections.defaultdict(set)  # (module, name) -> roles
_state = {"names": {}, "made": {}, "keep": []}
_BUILTIN = (dict, list, set)


def _reset():
    _state.update(names={}, made={}, keep=[])


def _note(obj, role):
    name = _state["names"].get(id(obj))
    if name is not None:
        seen[name].add(role)


def _made(obj, maker):
    name = _state["names"].get(id(maker))
    if name is not None and not isinstance(obj, type):
        _state["made"][id(obj)] = name
        _state["keep"].append(obj)


def _passed(values):
    for value in values:
        if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)) or callable(value):
            _note(value, "import")


def install():
    """Wraps the unpickler. Call it before importing the libraries to watch."""
    cls = pickle._Unpickler
    table = cls.dispatch
    find_class, load = cls.find_class, cls.load

    def watched_find_class(self, module, name):
        found = find_class(self, module, name)
        _state["names"][id(found)] = (module, name)
        _state["keep"].append(found)
        seen[(module, name)]  # imported, whatever happens next
        return found

    def watched_load(self):
        outer = dict(_state)
        _reset()
        try:
            return load(self)
        finally:
            _state.update(outer)

    def wrap(code, before):
        inner = table[code[0]]

        def handler(self):
            after = before(self)
            inner(self)
            if after is not None:
                after(self)

        table[code[0]] = handler

    def maker(role, depth):
        def before(self):
            made_by = self.stack[-depth]
            _note(made_by, role)
            if role == "new":
                _passed(self.stack[-depth + 1])
            return lambda after: _made(after.stack[-1], made_by)

        return before

    def build(self):
        state, inst = self.stack[-1], self.stack[-2]
        if id(inst) in _state["made"]:
            seen[_state["made"][id(inst)]].add("build")
        _passed([state])
        for part in state if isinstance(state, tuple) else (state,):
            if isinstance(part, dict):
                _passed(part.values())

    def filled(target, role):
        if type(target) not in _BUILTIN and id(target) in _state["made"]:
            seen[_state["made"][id(target)]].add(role)

    def items(role):
        def before(self):
            _passed(self.stack)
            filled(self.metastack[-1][-1], role)

        return before

    def one(depth, role):
        def before(self):
            _passed(self.stack[-depth + 1:])
            filled(self.stack[-depth], role)

        return before

    def tuple_of(count):
        return lambda self: _passed(self.stack if count is None else self.stack[len(self.stack) - count:])

    wrap(pickle.REDUCE, maker("call", 2))
    wrap(pickle.NEWOBJ, maker("new", 2))
    wrap(pickle.NEWOBJ_EX, maker("new", 3))
    wrap(pickle.BUILD, build)
    for code in (pickle.APPENDS, pickle.SETITEMS, pickle.ADDITEMS):
        wrap(code, items("fill" if code == pickle.SETITEMS else "append"))
    wrap(pickle.APPEND, one(2, "append"))
    wrap(pickle.SETITEM, one(3, "fill"))
    for code, count in ((pickle.TUPLE, None), (pickle.TUPLE1, 1), (pickle.TUPLE2, 2), (pickle.TUPLE3, 3)):
        wrap(code, tuple_of(count))
    for code in (pickle.OBJ, pickle.INST):
        inner = table[code[0]]

        def handler(self, inner=inner):
            before = len(_state["names"])
            inner(self)
            name = (type(self.stack[-1]).__module__, type(self.stack[-1]).__qualname__)
            if before or name in seen:
                seen[name].add("call")

        table[code[0]] = handler
    cls.find_class, cls.load = watched_find_class, watched_load


def module():
    """A stand-in for the `pickle` module, for `torch.load(pickle_module=...)`."""
    fake = types.ModuleType("pickle")
    fake.__dict__.update(pickle.__dict__)
    fake.Unpickler, fake.load, fake.loads = pickle._Unpickler, pickle._load, pickle._loads
    return fake


def roundtrip(obj, protocols=(0, 1, 2, 3, 4, 5)):
    """Pickles with each protocol and loads under watch. Returns how many protocols worked."""
    worked = 0
    for protocol in protocols:
        try:
            data = pickle.dumps(obj, protocol)
            pickle._loads(data)
            worked += 1
        except Exception:  # a class that cannot be pickled has nothing to teach
            continue
    return worked
