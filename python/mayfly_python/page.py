"""The engine in the page: a worker of the browser calls `step` with a frame and gets the one that answers it.

The worker takes a snapshot of all that is imported here, and of no file of a person, to start from the next time.
"""
# Most files import them.
import argparse  # noqa: F401
import ast  # noqa: F401
import base64  # noqa: F401
import csv  # noqa: F401
import dataclasses  # noqa: F401
import datetime  # noqa: F401
import encodings.utf_8_sig  # noqa: F401
import enum  # noqa: F401
import gettext  # noqa: F401
import hashlib  # noqa: F401
import inspect  # noqa: F401
import random  # noqa: F401
import re  # noqa: F401
import signal
import string  # noqa: F401
import typing  # noqa: F401
import urllib.parse  # noqa: F401
import uuid  # noqa: F401

from .engine import Engine, TimeLimit

# How often one step of a user, and loading the file, may be looked at. The worker has that done each tenth of a second
# in which Python was at work: a machine that does something else does not count.
_LOOKS = 10
_LOADING_LOOKS = 50

_engine = Engine()
_looked_at = None
_looks = 0


def start():
    """Ends what one user does for too long, by an exception with its line."""
    signal.signal(signal.SIGINT, _look)


def step(frame):
    """The answer to a frame."""
    return _engine.step(frame)


def _look(number, frame):
    global _looked_at, _looks
    if _engine.steps != _looked_at:
        _looked_at, _looks = _engine.steps, 0
    _looks += 1
    most = _LOOKS if _engine.is_loaded else _LOADING_LOOKS
    if _engine.is_busy and _looks > most and _engine.is_of_file(frame):
        # What catches it gets the next one soon.
        _looks = most // 2
        raise TimeLimit("took longer than %g s, in which no other user can do anything" % (most / 10))
