import logging
import traceback

from mayfly_python import seam


class GreenletExit(BaseException):
    """Ends a greenlet quietly; what a user gets when it is stopped."""


class Greenlet:
    """A function that runs beside the others of its user."""

    def __init__(self, run=None, *args, **kwargs):
        if run is not None:
            self._run = run
        self.args = args
        self.kwargs = kwargs
        self.value = None
        self.exception = None
        self._is_ready = False
        self._links = []
        self._fiber = None
        self._after = 0.0
        self._gate = None
        self.name = getattr(run, "__name__", "Greenlet")

    @classmethod
    def spawn(cls, *args, **kwargs):
        greenlet = cls(*args, **kwargs)
        greenlet.start()
        return greenlet

    @classmethod
    def spawn_later(cls, seconds, *args, **kwargs):
        greenlet = cls(*args, **kwargs)
        greenlet.start_later(seconds)
        return greenlet

    def start(self):
        if self._fiber is None:
            self._fiber = seam.engine.spawn(self, self._life())

    def start_later(self, seconds):
        self._after = seconds
        self.start()

    async def _life(self):
        try:
            if self._after:
                await seam.sleep(self._after)
            if self._gate is not None:
                await seam.until(self._gate)
            value = self._run(*self.args, **self.kwargs)
            if type(value) is seam.CoroutineType:
                value = await value
            self.value = value
        except GreenletExit as end:
            self.value = end
        except GeneratorExit:
            self.value = GreenletExit()
            raise
        except Exception as error:
            self.exception = error
            if not self._links:
                logging.getLogger("gevent").error("A greenlet failed: \n%s", traceback.format_exc())
        finally:
            self._is_ready = True
            for link in self._links:
                link(self)

    def ready(self):
        return self._is_ready

    def successful(self):
        return self._is_ready and self.exception is None

    @property
    def started(self):
        return self._fiber is not None and not self._is_ready

    @property
    def dead(self):
        return self._is_ready

    def __bool__(self):
        return self.started

    async def join(self, timeout=None):
        await seam.until(self.ready, timeout)

    async def get(self, block=True, timeout=None):
        if not await seam.until(self.ready, timeout if block else 0):
            from .timeout import Timeout
            raise Timeout(timeout)
        if self.exception is not None:
            raise self.exception
        return self.value

    def kill(self, exception=GreenletExit, block=True, timeout=None):
        if self._fiber is None:
            self._is_ready = True
        elif not self._is_ready:
            self._fiber.error = exception() if isinstance(exception, type) else exception

    def link(self, callback):
        self._links.append(callback)
        if self._is_ready:
            callback(self)

    link_value = link_exception = rawlink = link

    def unlink(self, callback):
        self._links.remove(callback)


def spawn(run, *args, **kwargs):
    if isinstance(run, type) and issubclass(run, Greenlet):
        return run.spawn(*args, **kwargs)
    return Greenlet.spawn(run, *args, **kwargs)


def spawn_later(seconds, run, *args, **kwargs):
    return Greenlet.spawn_later(seconds, run, *args, **kwargs)


async def joinall(greenlets, timeout=None, raise_error=False, count=None):
    greenlets = list(greenlets)
    enough = len(greenlets) if count is None else count
    await seam.until(lambda: sum(greenlet.ready() for greenlet in greenlets) >= enough, timeout)
    if raise_error:
        for greenlet in greenlets:
            if greenlet.ready() and greenlet.exception is not None:
                raise greenlet.exception
    return [greenlet for greenlet in greenlets if greenlet.ready()]


async def wait(objects=None, timeout=None, count=None):
    return await joinall(objects or [], timeout, count=count)


def kill(greenlet, exception=GreenletExit, block=True, timeout=None):
    greenlet.kill(exception)


def killall(greenlets, exception=GreenletExit, block=True, timeout=None):
    for greenlet in greenlets:
        greenlet.kill(exception)


def getcurrent():
    return seam.engine.current_greenlet()
