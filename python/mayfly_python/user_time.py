"""What a locustfile gets for `import time`: the module itself, but for the clock of the run and `sleep`.

Only the file and the modules beside it get it. Libraries keep the real one: their timeouts would never end on a
clock that stands still within a frame.
"""
import time as _time
from time import *

from .clock import clock
from .seam import sleep


def time():
    return clock.unix()


def time_ns():
    return int(clock.unix() * 1e9)


def monotonic():
    return clock.now()


def monotonic_ns():
    return int(clock.now() * 1e9)


perf_counter = monotonic
perf_counter_ns = monotonic_ns


def gmtime(seconds=None):
    return _time.gmtime(clock.unix() if seconds is None else seconds)


def localtime(seconds=None):
    return _time.localtime(clock.unix() if seconds is None else seconds)


def ctime(seconds=None):
    return _time.ctime(clock.unix() if seconds is None else seconds)


def strftime(format, moment=None):
    return _time.strftime(format, localtime() if moment is None else moment)


def asctime(moment=None):
    return _time.asctime(localtime() if moment is None else moment)
