"""gevent, as far as locustfiles use it, on Mayfly's users.

A greenlet that a user spawns is part of the user: it runs whenever the user waits, and they send one request at a
time. A greenlet that a listener spawns outside of users belongs to the environment, and cannot send.
"""
from mayfly_python.seam import sleep

from .greenlet import Greenlet, GreenletExit, getcurrent, joinall, kill, killall, spawn, spawn_later, wait
from .timeout import Timeout, with_timeout

__version__ = "24.2.1"
spawn_raw = spawn
iwait = wait


async def idle(priority=0):
    await sleep(0)


def signal_handler(*args, **kwargs):
    """Signals are the host's."""


__all__ = ["Greenlet", "GreenletExit", "Timeout", "getcurrent", "idle", "iwait", "joinall", "kill", "killall",
           "signal_handler", "sleep", "spawn", "spawn_later", "spawn_raw", "wait", "with_timeout"]
