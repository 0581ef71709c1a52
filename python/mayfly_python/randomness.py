"""Randomness of a run: everything that Python draws comes from a stream that belongs to the running user.

So what a user does depends on the seed and on its number alone, and not on who ran before it. What is drawn while
no user runs, as by a file that is being loaded, comes from a stream of its own.
"""
import _random
import os
import random
import uuid


class Streams:
    """The streams of all users. They outlive users: one that comes again goes on where it was."""

    def __init__(self):
        self.seed = 0
        self.draws = 0
        self._boot = self._stream(0)
        self._of_users = {}
        self.current = self._boot

    def start(self, seed, process=0):
        """Begins anew. What no user draws is another in each process; what users draw is not."""
        self.seed = seed
        self._boot = self._stream(seed + (process << 96))
        self._of_users = {}
        self.current = self._boot

    @staticmethod
    def _stream(seed):
        # Not by the constructor, which draws differently in 3.9.
        stream = _random.Random()
        stream.seed(seed)
        return stream

    def choose(self, number):
        """Lets the user with the number draw; nobody with None."""
        if number is None:
            self.current = self._boot
            return
        stream = self._of_users.get(number)
        if stream is None:
            stream = self._of_users[number] = _Later(self, number)
        self.current = stream

    def made(self, number):
        stream = self._of_users[number] = self.current = self._stream(self.seed * 1000003 + number)
        return stream


class _Later:
    """A stream that is made at the first draw: it takes 2.5 KB, and many users never draw."""

    __slots__ = ("streams", "number")

    def __init__(self, streams, number):
        self.streams = streams
        self.number = number

    def __getattr__(self, name):
        return getattr(self.streams.made(self.number), name)


streams = Streams()


class _Shared(random.Random):
    """What stands behind `random.random()` and all its sisters."""

    def random(self):
        streams.draws += 1
        return streams.current.random()

    def getrandbits(self, k):
        streams.draws += 1
        return streams.current.getrandbits(k)

    def seed(self, a=None, version=2):
        self.gauss_next = None
        if a is not None and getattr(self, "_is_ready", False):
            seeded = _ORIGINAL()
            _seed(seeded, a, version)
            streams.current.setstate(_state(seeded))

    def getstate(self):
        return (3, streams.current.getstate(), None)

    def setstate(self, state):
        streams.current.setstate(state[1])

    def gauss(self, mu=0.0, sigma=1.0):
        # The second half of a pair would be kept for whoever draws next, who may be another user.
        self.gauss_next = None
        return random.Random.gauss(self, mu, sigma)


_ORIGINAL = random.Random
_seed = random.Random.seed


def _state(seeded):
    return seeded.getstate()[1]


def _bytes(length):
    return streams.current.getrandbits(length * 8).to_bytes(length, "little") if length else b""


def _seed_or_draw(self, a=None, version=2):
    _seed(self, streams.current.getrandbits(64) if a is None else a, version)


def install():
    """Makes the modules random, uuid and secrets, and `os.urandom`, draw from the streams."""
    shared = _Shared()
    shared._is_ready = True
    for name in dir(random):
        method = getattr(random, name)
        if getattr(method, "__self__", None) is random._inst:
            setattr(random, name, getattr(shared, name))
    random._inst = shared
    os.urandom = _bytes
    random._urandom = _bytes
    uuid.os.urandom = _bytes
    # A generator without a seed of its own. `_Shared` has its own `seed` and is not meant.
    random.Random.seed = _seed_or_draw
