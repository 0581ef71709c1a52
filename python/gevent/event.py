from mayfly_python import seam

from .timeout import Timeout


class Event:
    def __init__(self):
        self._flag = False

    def is_set(self):
        return self._flag

    isSet = ready = is_set

    def set(self):
        self._flag = True

    def clear(self):
        self._flag = False

    async def wait(self, timeout=None):
        return await seam.until(self.is_set, timeout)


class AsyncResult:
    """A value that somebody sets later."""

    def __init__(self):
        self.value = None
        self.exception = None
        self._is_ready = False

    def ready(self):
        return self._is_ready

    def successful(self):
        return self._is_ready and self.exception is None

    def set(self, value=None):
        self.value = value
        self._is_ready = True

    def set_exception(self, exception, exc_info=None):
        self.exception = exception
        self._is_ready = True

    async def get(self, block=True, timeout=None):
        if not await seam.until(self.ready, timeout if block else 0):
            raise Timeout(timeout)
        return self.get_nowait()

    def get_nowait(self):
        if not self._is_ready:
            raise Timeout(0)
        if self.exception is not None:
            raise self.exception
        return self.value

    async def wait(self, timeout=None):
        await seam.until(self.ready, timeout)
        return self.value

    def __call__(self, source):
        if source.successful():
            self.set(source.value)
        else:
            self.set_exception(source.exception)
