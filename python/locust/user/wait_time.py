"""How long a user waits between tasks, in seconds."""
import random

from mayfly_python.clock import clock


def between(min_wait, max_wait):
    """A random time between two."""
    return lambda instance: min_wait + random.random() * (max_wait - min_wait)


def constant(wait_time):
    """Always the same time."""
    return lambda instance: wait_time


def constant_pacing(wait_time):
    """As long as is left until the task's start is `wait_time` ago; nothing if the task took longer."""

    def wait_time_func(self):
        now = clock.now()
        ran = now - self._cp_last_run - self._cp_last_wait_time
        self._cp_last_wait_time = max(0, wait_time - ran)
        self._cp_last_run = now
        return self._cp_last_wait_time

    return wait_time_func


def constant_throughput(task_runs_per_second):
    """As `constant_pacing`, by tasks a second."""
    if task_runs_per_second <= 0:
        raise ValueError("constant_throughput() requires a positive rate, got: %s" % task_runs_per_second)
    return constant_pacing(1 / task_runs_per_second)


def poisson(rate):
    """Exponentially distributed, `rate` times a second on average."""
    if rate <= 0:
        raise ValueError("poisson() requires a positive rate, got: %s" % rate)
    return lambda instance: random.expovariate(rate)
