"""Looks at a shape before the run, so that the form can draw it."""
import inspect

from . import seam
from .clock import clock, real_perf_counter
from .randomness import streams


def look(kind, environment, seconds, real_seconds):
    """What a shape wants at each second of its own time. `is_live` if only the run itself can tell."""
    told = {"name": kind.__name__, "points": [], "ends": None, "is_live": False,
            "use_common_options": bool(kind.use_common_options)}
    watch = _Watch()
    shape = kind()
    shape.runner = watch
    before = _state(shape)
    draws, started, stopped_at = streams.draws, real_perf_counter(), clock.now()
    last = None
    try:
        for second in range(seconds):
            clock.set(stopped_at + second)
            wanted = seam.now(shape.tick())
            if wanted is None:
                told["ends"] = second
                break
            users, rate, *classes = wanted
            if classes and classes[0] is not None:
                told["is_live"] = True
            if (users, rate) != last:
                told["points"].append([second, int(users), float(rate)])
                last = users, rate
            if real_perf_counter() - started > real_seconds:
                break
    except (Exception, SystemExit):
        # It says so itself in the run.
        told["is_live"] = True
    finally:
        clock.set(stopped_at)
    if watch.is_asked or streams.draws != draws or _state(shape) != before:
        told["is_live"] = True
    return told


class _Watch:
    """A runner that remembers whether it was asked."""

    is_asked = False

    def __getattr__(self, name):
        self.is_asked = True
        return 0


def _state(shape):
    """What a shape remembers from one look to the next."""
    own = {name: repr(value) for name, value in vars(shape).items() if name != "runner"}
    shared = {name: repr(value) for name, value in inspect.getmembers(type(shape))
              if not name.startswith("__") and not callable(value)}
    return own, shared
