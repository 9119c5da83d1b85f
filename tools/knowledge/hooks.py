"""Methods that a loader calls on what it makes, or on giving it attributes."""
HOOKS = ("__setstate__", "__reduce__", "__reduce_ex__", "__new__", "__setattr__", "__getattr__", "__getattribute__", "__del__")
