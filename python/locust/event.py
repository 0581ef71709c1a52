"""Events of a run, and who listens to them."""
import logging
import traceback
from contextlib import contextmanager

from mayfly_python import seam
from mayfly_python.clock import clock, real_perf_counter

from . import log
from .exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopTest, StopUser

_THROUGH = (StopUser, StopTest, RescheduleTask, RescheduleTaskImmediately, InterruptTaskSet)


class EventHook:
    def __init__(self):
        self._handlers = []

    def add_listener(self, handler):
        self._handlers.append(handler)
        return handler

    def remove_listener(self, handler):
        self._handlers.remove(handler)

    def notify(self, reverse=False, **kwargs):
        """Calls who listens. A listener that waits goes on as a greenlet of the user, or of the environment."""
        if not self._handlers:
            return
        for handler in self._handlers[::-1] if reverse else list(self._handlers):
            try:
                seam.engine.run_listener(handler(**kwargs))
            except _THROUGH:
                raise
            except Exception:
                logging.error("a listener broke: \n%s", traceback.format_exc())
                log.unhandled_greenlet_exception = True

    def fire(self, *, reverse=False, **kwargs):
        self.notify(reverse, **kwargs)

    @contextmanager
    def measure(self, request_type, name, response_length=0, context=None):
        """Measures what a file does in the block, and fires the event with it."""
        started = real_perf_counter()
        meta = {"request_type": request_type, "name": name, "response_length": response_length,
                "context": context or {}, "exception": None, "start_time": clock.unix()}
        try:
            yield meta
        except Exception as error:
            meta["exception"] = error
        finally:
            meta["response_time"] = (real_perf_counter() - started) * 1000
            self.fire(**meta)


class RequestHook(EventHook):
    """What files fire here, they measured themselves: it is counted too."""

    def fire(self, *, reverse=False, **kwargs):
        seam.engine.count_sample(kwargs)
        self.notify(reverse, **kwargs)


_NAMES = ("user_error report_to_master worker_report worker_connect spawning_complete quitting quit init "
          "init_command_line_parser test_start test_stopping test_stop reset_stats cpu_warning heartbeat_sent "
          "heartbeat_received usage_monitor").split()


class Events:
    def __init__(self):
        self.request = RequestHook()
        for name in _NAMES:
            setattr(self, name, EventHook())
        # Events of a file's own base class: `my_event: EventHook`.
        for kind in type(self).__mro__:
            for name, value in kind.__dict__.get("__annotations__", {}).items():
                if value in ("EventHook", EventHook):
                    setattr(self, name, EventHook())
