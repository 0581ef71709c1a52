"""What a locustfile gets for `import threading`: locks that users wait for as they wait for answers.

A thread whose function sends requests becomes a greenlet of its user, as it does under Locust; others are threads.
"""
import inspect
import threading as _threading
from threading import *

from gevent.event import Event
from gevent.greenlet import Greenlet
from gevent.lock import BoundedSemaphore, RLock, Semaphore
from gevent.local import local


class Lock(Semaphore):
    def __init__(self):
        super().__init__(1)

    def release(self):
        if self.counter >= 1:
            raise RuntimeError("release unlocked lock")
        return super().release()


class _GreenThread(Greenlet):
    def __init__(self, target, name, args, kwargs, daemon):
        super().__init__(target, *args, **kwargs)
        self.name = name or self.name
        self.daemon = daemon

    def is_alive(self):
        return self.started


def Thread(group=None, target=None, name=None, args=(), kwargs=None, *, daemon=None):
    if inspect.iscoroutinefunction(target):
        return _GreenThread(target, name, args, kwargs or {}, daemon)
    return _threading.Thread(group, target, name, args, kwargs or {}, daemon=daemon)


def Timer(interval, function, args=None, kwargs=None):
    if inspect.iscoroutinefunction(function):
        greenlet = _GreenThread(function, None, args or (), kwargs or {}, None)
        greenlet._after = interval
        greenlet.cancel = greenlet.kill
        return greenlet
    return _threading.Timer(interval, function, args, kwargs)
