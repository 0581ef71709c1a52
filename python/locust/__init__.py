"""Locust, as a locustfile sees it, for Mayfly."""
# The version whose files are understood.
__version__ = "2.47.0"

from .event import Events

events = Events()

from .contrib.fasthttp import FastHttpUser
from .debug import run_single_user
from .shape import LoadTestShape
from .user import wait_time
from .user.markov_taskset import MarkovTaskSet, transition, transitions
from .user.sequential_taskset import SequentialTaskSet
from .user.task import TaskSet, tag, task
from .user.users import HttpUser, User
from .user.wait_time import between, constant, constant_pacing, constant_throughput, poisson

__all__ = ["Events", "FastHttpUser", "HttpUser", "LoadTestShape", "MarkovTaskSet", "SequentialTaskSet", "TaskSet", "User",
           "__version__", "between", "constant", "constant_pacing", "constant_throughput", "events", "poisson",
           "run_single_user", "tag", "task", "transition", "transitions", "wait_time"]


class HttpLocust:
    """Of Locust before 1.0: may be imported, not inherited from."""

    def __init_subclass__(cls):
        raise ImportError("HttpLocust is of Locust before 1.0: inherit from HttpUser instead")


class Locust:
    """Of Locust before 1.0: may be imported, not inherited from."""

    def __init_subclass__(cls):
        raise ImportError("Locust is of Locust before 1.0: inherit from User instead")
