"""Values of a user's own."""
from mayfly_python import seam


class local:
    def __init__(self):
        object.__setattr__(self, "_of", {})

    def _mine(self):
        return object.__getattribute__(self, "_of").setdefault(id(seam.engine.current_fiber()), {})

    def __getattr__(self, name):
        try:
            return self._mine()[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name, value):
        self._mine()[name] = value

    def __delattr__(self, name):
        self._mine().pop(name)
