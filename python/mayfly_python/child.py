"""The engine as a process: frames come on standard input and go to standard output.

The file's own prints must not break the stream: descriptors 0 and 1 are the stream's no more when the file is loaded.
"""
import os
import signal
import struct
import sys
import time

_LENGTH = struct.Struct("<I")
# Seconds of the processor that one step of a user may take; tests do not want to wait that long.
_SOFT_LIMIT = float(os.environ.get("MAYFLY_SOFT_LIMIT") or 1.0)
# As many times that may go by in all, while it waits for something else than the processor.
_PATIENCE = 4


class _Stream:
    def __init__(self):
        self.incoming, self.outgoing = os.dup(0), os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        # A child of the file's must not hold the stream open.
        for descriptor in (self.incoming, self.outgoing):
            os.set_inheritable(descriptor, False)

    def read(self):
        """The payload of a frame; None at the end."""
        length = self._exactly(_LENGTH.size)
        return None if length is None else self._exactly(_LENGTH.unpack(length)[0])

    def _exactly(self, count):
        parts = []
        while count:
            part = os.read(self.incoming, min(count, 1 << 20))
            if not part:
                return None
            parts.append(part)
            count -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def write(self, payload):
        left = memoryview(_LENGTH.pack(len(payload)) + payload)
        while left:
            left = left[os.write(self.outgoing, left):]


class _Limit:
    """Ends what one user does for too long, by an exception with its line.

    The processor's time counts, so that a machine with much else to do ends nobody.
    """

    def __init__(self, engine):
        from mayfly_python.engine import TimeLimit
        self.engine = engine
        self.error = TimeLimit
        self.steps = 0
        self.processor = self.wall = 0.0
        signal.signal(signal.SIGALRM, self.look)
        signal.setitimer(signal.ITIMER_REAL, _SOFT_LIMIT / 4, _SOFT_LIMIT / 4)

    def look(self, number, frame):
        engine = self.engine
        if not (engine.is_busy and engine.is_loaded) or engine.steps != self.steps or engine.source.is_blocking:
            self.steps = engine.steps
            self.processor, self.wall = time.process_time(), time.perf_counter()
            return
        if time.process_time() - self.processor > _SOFT_LIMIT:
            took = "%g s of the processor" % _SOFT_LIMIT
        elif time.perf_counter() - self.wall > _PATIENCE * _SOFT_LIMIT:
            took = "%g s in all" % (_PATIENCE * _SOFT_LIMIT)
        else:
            return
        if engine.is_of_file(frame):
            # What catches this gets the next one sooner.
            self.processor += _SOFT_LIMIT / 2
            raise self.error("took longer than %s, in which no other user of this process can do anything" % took)


def main():
    sys.path[:] = [folder for folder in sys.path if folder != os.path.dirname(os.path.abspath(__file__))]
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    stream = _Stream()
    process = os.getpid()
    # Control-C is for the host, which stops users and asks for the last numbers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGUSR1"):
        import faulthandler
        faulthandler.register(signal.SIGUSR1, all_threads=False)
    from mayfly_python.engine import Engine
    # As 0/4: the first of four processes.
    place = os.environ.pop("MAYFLY_PROCESS", "0/1").split("/")
    engine = Engine((int(place[0]), int(place[1])))
    limit = None
    while True:
        payload = stream.read()
        if payload is None:
            break
        answer = engine.step(payload)
        if os.getpid() != process:
            # The file forked: the copy has no core to talk to.
            os._exit(0)
        stream.write(answer)
        if limit is None and engine.source is not None and hasattr(signal, "setitimer"):
            limit = _Limit(engine)
    # Threads of the file may not keep the process.
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
