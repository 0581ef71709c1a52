"""What runs one user: its own coroutine, and the greenlets that it spawned.

A user has one op open at a time. As long as it has spawned nothing, its coroutine's op is that op. With greenlets it
is the first request that one of them wants to send, and if none does, the shortest wait: they take turns, and a
request is sent when the one before it is answered.
"""
from . import seam
from .clock import clock

# How long it takes until a condition is looked at again that another user may change, in seconds: at first, and at most.
# Between them it is an eighth of how long it waits already, so that many who wait for long cost little.
POLL = 0.01
LONGEST_POLL = 1.0


class Fiber:
    __slots__ = ("coroutine", "greenlet", "op", "due", "value", "error", "timeouts")

    def __init__(self, coroutine, greenlet=None):
        self.coroutine = coroutine
        self.greenlet = greenlet
        # What it waits for; None if it can go on, with `value` or `error`.
        self.op = None
        # When its wait is over, or, of a condition, since when it waits.
        self.due = 0.0
        self.value = None
        self.error = None
        self.timeouts = None

    def looks(self, now):
        """Whether it can go on."""
        op = self.op
        if op is None or self.error is not None:
            return True
        if self.timeouts and self._expired(now):
            return True
        if op[0] == "wait":
            return self.due <= now
        if op[0] == "until":
            self.value = bool(op[1]())
            return self.value or op[2] is not None and op[2] <= now
        return False

    def _expired(self, now):
        for timeout in self.timeouts:
            if timeout.due <= now and self.op[0] != "sent":
                self.timeouts.remove(timeout)
                self.error = timeout.exception_to_raise()
                return True
        return False

    def send(self, now):
        """Lets it run to its next op. StopIteration and other exceptions of the coroutine come out."""
        value, error = self.value, self.error
        self.op = self.value = None
        if error is None or type(value) is seam.Answer:
            # What was answered is judged before an exception of somebody else ends it.
            op = self.coroutine.send(value)
        else:
            self.error = None
            op = self.coroutine.throw(error)
        self.hold(op, now)

    def hold(self, op, now):
        """Notes what it waits for."""
        self.op = op
        self.due = now + op[1] if op[0] == "wait" else now

    def close(self):
        """Ends without a word, whatever the file does about it."""
        try:
            self.coroutine.close()
        except BaseException:
            # A `finally` of the file that waits, or that breaks.
            pass

    def wakes(self, now):
        """The time at which it should be looked at again."""
        at = self.due if self.op[0] == "wait" else now + min(max(POLL, (now - self.due) / 8), LONGEST_POLL)
        if self.op[0] == "until" and self.op[2] is not None:
            at = min(at, self.op[2])
        for timeout in self.timeouts or ():
            at = min(at, timeout.due)
        return at


class Actor:
    """A user, or the environment, whose greenlets listeners spawn and which sends nothing."""

    def __init__(self, number, coroutine=None):
        self.number = number
        self.main = None if coroutine is None else Fiber(coroutine)
        self.fibers = [] if coroutine is None else [self.main]
        self.running = self.main
        # The fiber whose request the core has.
        self.sent = None
        self.user = None
        self.user_class = None
        # What it does, for messages about exceptions.
        self.task = None
        self.is_stopped = False
        # Answers that the file may still judge.
        self.unjudged = []

    def resume(self, answer=None):
        """Goes on, and gives the next op. What ends the user comes out as an exception, StopIteration if it is good."""
        main = self.main
        if len(self.fibers) == 1 and self.sent is None and main is not None and (
                main.op is None or main.op[0] != "until") and main.error is None and not main.timeouts:
            self.running = main
            op = main.coroutine.send(answer)
            if len(self.fibers) == 1 and op[0] != "until" and not main.timeouts:
                return op
            main.hold(op, clock.now())
        elif self.sent is not None:
            self.sent.op, self.sent.value, self.sent = None, answer, None
        elif main is not None and main.op is None:
            # Its op was not noted, because it was alone.
            main.value = answer
        return self.schedule()

    def spawn(self, greenlet, coroutine):
        fiber = Fiber(coroutine, greenlet)
        if self.main is not None and len(self.fibers) == 1 and self.running is self.main and self.main.op is None:
            # It runs now: what it waits for comes later.
            self.main.op = ("running",)
        self.fibers.append(fiber)
        return fiber

    def schedule(self):
        """Lets all run that can, and gives the next op: a request, or the wait until somebody can go on."""
        now = clock.now()
        held = set()
        while True:
            fiber = next((fiber for fiber in self.fibers if id(fiber) not in held and fiber.looks(now)), None)
            if fiber is None:
                break
            self._let_run(fiber, now)
            # A wait of zero lets the others go first, and the clock.
            if fiber.op is not None and fiber.op[0] == "wait":
                held.add(id(fiber))
        for fiber in self.fibers:
            if fiber.op[0] == "request":
                op, fiber.op, self.sent = fiber.op, ("sent",), fiber
                return op
        if not self.fibers:
            return None
        return ("wait", max(0.0, min(fiber.wakes(now) for fiber in self.fibers) - now))

    def _let_run(self, fiber, now):
        self.running = fiber
        try:
            fiber.send(now)
        except StopIteration:
            self._end(fiber)
            if fiber is self.main:
                raise
        except Exception as error:
            # A greenlet keeps its own exceptions: this is the user, or a listener that waited.
            self._end(fiber)
            if fiber is self.main:
                raise
            seam.engine.listener_failed(error)
        except BaseException:
            # The end of the user, whoever of its greenlets brought it about.
            self._end(fiber)
            self.close()
            raise
        finally:
            self.running = self.main

    def _end(self, fiber):
        fiber.op = ("ended",)
        self.fibers.remove(fiber)
        if fiber is self.main:
            self.close()

    def throw(self, error):
        """Throws into what the user does, whatever it waits for; its greenlets end."""
        main = self.main
        for fiber in self.fibers:
            if fiber is not main:
                fiber.close()
        self.fibers = [main]
        self.sent = None
        main.op = main.value = main.error = main.timeouts = None
        self.running = main
        op = main.coroutine.throw(error)
        if len(self.fibers) == 1 and op[0] != "until":
            return op
        main.hold(op, clock.now())
        return self.schedule()

    def close(self):
        """Ends without a word: no code of the file may keep it."""
        for fiber in self.fibers:
            fiber.close()
        self.fibers = []
