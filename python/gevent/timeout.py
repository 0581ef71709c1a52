from mayfly_python import seam
from mayfly_python.clock import clock


class Timeout(BaseException):
    """Raised in what takes longer, at its next wait or answer: a request that is out is not given up."""

    def __init__(self, seconds=None, exception=None, ref=True, priority=-1):
        super().__init__()
        self.seconds = seconds
        self.exception = exception
        self.due = None
        self._fiber = None

    @classmethod
    def start_new(cls, timeout=None, exception=None, ref=True):
        if isinstance(timeout, Timeout):
            timeout.start()
            return timeout
        started = cls(timeout, exception)
        started.start()
        return started

    def start(self):
        if self.seconds is None:
            return
        self.due = clock.now() + self.seconds
        self._fiber = seam.engine.current_fiber()
        if self._fiber is not None:
            self._fiber.timeouts = (self._fiber.timeouts or []) + [self]

    @property
    def pending(self):
        return self._fiber is not None and self in (self._fiber.timeouts or ())

    def cancel(self):
        if self.pending:
            self._fiber.timeouts.remove(self)

    close = cancel

    def exception_to_raise(self):
        if self.exception is None or isinstance(self.exception, bool):
            return self
        return self.exception() if isinstance(self.exception, type) else self.exception

    def __enter__(self):
        if not self.pending:
            self.start()
        return self

    def __exit__(self, kind, error, tb):
        self.cancel()
        return error is self and self.exception is False

    def __str__(self):
        return "" if self.seconds is None else "%s seconds" % self.seconds


async def with_timeout(seconds, function, *args, **kwargs):
    missing = object()
    instead = kwargs.pop("timeout_value", missing)
    with Timeout(seconds) as timeout:
        try:
            value = function(*args, **kwargs)
            return await value if type(value) is seam.CoroutineType else value
        except Timeout as error:
            if error is timeout and instead is not missing:
                return instead
            raise
