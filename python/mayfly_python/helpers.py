"""What the rewritten code of a file calls. coroutines.py puts the calls there."""
import builtins
import contextlib
import datetime
import functools
import inspect
import types

from . import seam
from .clock import clock

_COROUTINE = seam.CoroutineType
_ASYNC_GENERATOR = types.AsyncGeneratorType


async def settle(value):
    return await value if type(value) is _COROUTINE else value


async def first(generator):
    """The one item that a rewritten lambda gives."""
    async for value in generator:
        await generator.aclose()
        return value


def callback(function):
    """A function for a library, which cannot wait for it."""

    def called(*args, **kwargs):
        return seam.now(function(*args, **kwargs))

    return called


class context:
    """Any context manager as one that may wait: of a file's own class, of a rewritten generator, or a plain one."""

    def __init__(self, manager):
        self.manager = manager

    async def __aenter__(self):
        manager = self.manager
        if hasattr(manager, "mayfly_enter"):
            return await manager.mayfly_enter()
        if isinstance(manager, _Generated):
            return await manager.enter()
        return await settle(type(manager).__enter__(manager))

    async def __aexit__(self, kind, error, tb):
        manager = self.manager
        if isinstance(manager, _Generated):
            return await manager.exit(kind, error)
        return await settle(type(manager).__exit__(manager, kind, error, tb))


class _Generated:
    """What a rewritten `@contextmanager` gives."""

    def __init__(self, function, args, kwargs):
        self.again = lambda: _Generated(function, args, kwargs)
        self.generator = function(*args, **kwargs)

    def __call__(self, function):
        return _decorated(self.again, function)

    def __enter__(self):
        return seam.now(self.enter())

    def __exit__(self, kind, error, tb):
        return seam.now(self.exit(kind, error))

    async def enter(self):
        try:
            return await self.generator.__anext__()
        except StopAsyncIteration:
            raise RuntimeError("generator didn't yield") from None

    async def exit(self, kind, error):
        if kind is None:
            try:
                await self.generator.__anext__()
            except StopAsyncIteration:
                return False
            raise RuntimeError("generator didn't stop")
        try:
            await self.generator.athrow(kind() if error is None else error)
        except StopAsyncIteration:
            return True
        except BaseException as raised:
            if raised is error:
                return False
            raise
        raise RuntimeError("generator didn't stop after throw()")


def contextmanager(function):
    @functools.wraps(function)
    def made(*args, **kwargs):
        return _Generated(function, args, kwargs)

    return made


def plain_contextmanager(function):
    """As that of contextlib; what it gives may also decorate a function that waits."""

    @functools.wraps(function)
    def made(*args, **kwargs):
        return _Plain(function, args, kwargs)

    return made


class _Plain(contextlib._GeneratorContextManager):
    def __call__(self, function):
        return _decorated(self._recreate_cm, function)


def _decorated(again, function):
    """A function in a `with` block of its own each time it is called."""

    @functools.wraps(function)
    async def called(*args, **kwargs):
        async with context(again()):
            return await settle(function(*args, **kwargs))

    @functools.wraps(function)
    def called_at_once(*args, **kwargs):
        with again():
            return function(*args, **kwargs)

    return called if inspect.iscoroutinefunction(function) else called_at_once


class cached_property:
    """As that of functools, for one that waits."""

    def __init__(self, function):
        self.function = function

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        return self if instance is None else self._kept(instance)

    async def _kept(self, instance):
        value = await self.function(instance)
        instance.__dict__[self.name] = value
        return value


def cache(function):
    """As `functools.cache`, for a function that waits."""
    kept = {}

    @functools.wraps(function)
    async def called(*args, **kwargs):
        key = args, tuple(sorted(kwargs.items()))
        if key not in kept:
            kept[key] = await settle(function(*args, **kwargs))
        return kept[key]

    called.cache_clear = kept.clear
    return called


class items:
    """Any iterable as one that may wait."""

    def __init__(self, source):
        self.source = source

    def __aiter__(self):
        if hasattr(self.source, "__aiter__"):
            return self.source.__aiter__()
        self.iterator = iter(self.source)
        return self

    async def __anext__(self):
        for item in self.iterator:
            return item
        raise StopAsyncIteration


async def _collected(value):
    return [item async for item in value] if isinstance(value, _ASYNC_GENERATOR) else value


async def call_builtin(name, *args, **kwargs):
    """A function of Python's that may get a generator or a function that waits: what waits is waited for first."""
    if name == "next" and isinstance(args[0], _ASYNC_GENERATOR):
        try:
            return await args[0].__anext__()
        except StopAsyncIteration:
            if len(args) > 1:
                return args[1]
            raise StopIteration_() from None
    args = [await _collected(value) for value in args]
    if name in ("map", "filter"):
        function, *sources = args
        if name == "map":
            return [await settle(function(*row)) for row in zip(*sources)]
        return [item for item in sources[0] if (item if function is None else await settle(function(item)))]
    key = kwargs.get("key")
    if key is not None:
        values = list(args[0] if len(args) == 1 else args)
        keys = [await settle(key(value)) for value in values]
        kwargs["key"] = keys.__getitem__
        if not values:
            return getattr(builtins, name)(values, **kwargs)
        found = getattr(builtins, name)(range(len(values)), **kwargs)
        return [values[index] for index in found] if name == "sorted" else values[found]
    return getattr(builtins, name)(*args, **kwargs)


class StopIteration_(RuntimeError):
    """`next` had nothing more. A coroutine cannot raise StopIteration."""


def tell_time(owner, name, *args, **kwargs):
    """`datetime.now()` and its sisters, by the clock of the run; whatever else has such a method is called."""
    if isinstance(owner, type) and issubclass(owner, datetime.date) and owner.__module__ == "datetime":
        if owner is datetime.date:
            return datetime.date.fromtimestamp(clock.unix())
        if name == "utcnow":
            return datetime.datetime.fromtimestamp(clock.unix(), datetime.timezone.utc).replace(tzinfo=None)
        return datetime.datetime.fromtimestamp(clock.unix(), *args, **kwargs)
    return seam.now(getattr(owner, name)(*args, **kwargs))


NAMES = {
    "_mayfly_cache": cache,
    "_mayfly_call_builtin": call_builtin,
    "_mayfly_callback": callback,
    "_mayfly_cached_property": cached_property,
    "_mayfly_clock": tell_time,
    "_mayfly_context": context,
    "_mayfly_contextmanager": contextmanager,
    "_mayfly_coroutine": _COROUTINE,
    "_mayfly_first": first,
    "_mayfly_items": items,
    "_mayfly_new": seam.made,
    "_mayfly_now": seam.now,
    "_mayfly_plain_contextmanager": plain_contextmanager,
    "_mayfly_settle": settle,
    "_mayfly_type": type,
}
