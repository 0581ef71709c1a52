"""What the packages `locust` and `gevent` need of the engine.

What waits is a coroutine that yields an *op* up to the engine and is resumed with what came of it:

    ("wait", seconds)                    resumed with None, when the time is over
    ("request", head, body)              resumed with an Answer
    ("until", predicate, deadline)       resumed with True, or with False if the deadline (in run time) came first
"""
import types

from .clock import clock

# The engine puts itself here before a file is loaded.
engine = None


class Answer:
    """What came of a request."""

    __slots__ = ("head", "body")

    def __init__(self, head, body):
        self.head = head
        self.body = body


@types.coroutine
def op(*value):
    return (yield value)


async def sleep(seconds=0, ref=True):
    await op("wait", max(0.0, float(seconds)))


async def until(predicate, timeout=None):
    """Waits until the predicate holds. False if the time was over first."""
    if predicate():
        return True
    return await op("until", predicate, None if timeout is None else clock.now() + timeout)


async def _nothing():
    pass


_unused = _nothing()
CoroutineType = type(_unused)
_unused.close()


class CannotWait(Exception):
    """A request or a wait stands where Python cannot be suspended."""


def now(value):
    """Runs a coroutine to its end at once; it must not wait. Other values are given back as they are."""
    if type(value) is not CoroutineType:
        return value
    try:
        asked = value.send(None)
    except StopIteration as end:
        return end.value
    what = "a wait" if asked[0] != "request" else "%s %s" % (asked[1]["method"], asked[1]["url"])
    try:
        value.throw(CannotWait(
            "%s stands where Mayfly cannot suspend the file, so it was not sent: "
            "move it into a task, on_start or a function that they call" % what))
    except StopIteration as end:
        return end.value
    value.close()
    raise CannotWait("%s stands where Mayfly cannot suspend the file" % what)


async def made(kind, *args, **kwargs):
    """An instance of a class whose `__init__` may send requests."""
    instance = kind.__new__(kind, *args, **kwargs)
    if isinstance(instance, kind):
        started = instance.__init__(*args, **kwargs)
        if type(started) is CoroutineType:
            await started
    return instance
