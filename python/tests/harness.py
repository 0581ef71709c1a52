"""A core for tests: it runs the users of a file on a virtual clock, against a server that is a function."""
import heapq
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from mayfly_python import wire

_LENGTH = struct.Struct("<I")
NAMES = {wire.WAIT: "WAIT", wire.REQUEST: "REQUEST", wire.DONE: "DONE", wire.DEAD: "DEAD"}


class Child:
    """The interpreter."""

    def __init__(self, python=sys.executable, folder=None, environment=None):
        environment = dict(os.environ, PYTHONHASHSEED="0", PYTHONSAFEPATH="1", **(environment or {}))
        environment.pop("PYTHONPATH", None)
        # A file: what nobody reads may not fill a pipe.
        self.printed = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [str(python), "-u", "-X", "utf8", str(ROOT / "mayfly_python" / "child.py")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.printed, env=environment, cwd=folder)

    def frame(self, payload):
        self.process.stdin.write(_LENGTH.pack(len(payload)) + payload)
        self.process.stdin.flush()
        length = self.process.stdout.read(_LENGTH.size)
        if len(length) < _LENGTH.size:
            raise EOFError("the interpreter ended with %s:\n%s" % (self.process.wait(), self._read_printed()))
        return self.process.stdout.read(_LENGTH.unpack(length)[0])

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.errors = self._read_printed()

    def _read_printed(self):
        self.printed.seek(0)
        return self.printed.read().decode()


def ok(request):
    return {"status": 200, "headers": [["content-type", "application/json"]], "body": b'{"ok":true}'}


class Core:
    """Runs users. What happened is in `requests`, `exceptions`, `verdicts`, `logs` and `samples`."""

    def __init__(self, text, server=ok, name="locustfile.py", folder=None, elapsed=0.0, python=sys.executable,
                 environment=None, **hello):
        self.server = server
        self.elapsed = elapsed
        self.child = Child(python, folder, environment)
        self.now = 0.0
        self.waiting = []
        self.count = 0
        self.requests, self.exceptions, self.dead, self.logs, self.samples = [], [], [], [], []
        self.verdicts, self.done, self.waits, self.shapes = {}, [], [], []
        self.quit = False
        self.exit = None
        self.loaded = self.error = None
        self.wakes = None
        self.open = set()
        self.alive = set()
        head = dict({"version": 1, "file": name, "folder": str(folder) if folder else None, "seed": 1,
                     "started": 1767225600.0, "host": "http://target", "tags": None, "exclude_tags": None, "options": {},
                     "max_body": 1 << 20}, **hello)
        self.exchange(wire.pack_json(0, wire.HELLO, head, text.encode()))

    def exchange(self, payload, users=()):
        """One frame. Each of `users` must be answered by one op, in this order."""
        answered = []
        for number, kind, head, body in wire.unpack(self.child.frame(payload)):
            if kind in NAMES:
                answered.append(number)
            self._take(number, kind, head, body)
        assert answered == list(users), "asked %s, answered %s" % (list(users), answered)

    def _take(self, number, kind, head, body):
        told = json.loads(head) if kind not in (wire.WAIT, wire.DONE, wire.QUIT, wire.WAKE) else None
        if kind == wire.LOADED:
            self.loaded = told
        elif kind == wire.ERROR:
            self.error = told
        elif kind == wire.WAIT:
            seconds = wire.SECONDS.unpack(head)[0]
            self.waits.append((number, seconds))
            self._later(self.now + seconds, number, wire.RESUME, b"", b"")
        elif kind == wire.REQUEST:
            told["user"], told["body"], told["at"] = number, bytes(body), self.now
            self.requests.append(told)
            self._answer(number, told)
        elif kind == wire.VERDICT:
            assert (number, told["request"]) in self.open, "a verdict that nobody waits for: %s" % told
            self.open.discard((number, told["request"]))
            self.verdicts[told["request"]] = told
        elif kind in (wire.DONE, wire.DEAD):
            self.alive.discard(number)
            (self.done if kind == wire.DONE else self.dead).append(number if kind == wire.DONE else (number, told))
            assert not any(user == number for user, _ in self.open), "a user ended with a request that is not judged"
        elif kind == wire.EXCEPTION:
            self.exceptions.append((number, told))
        elif kind == wire.LOG:
            self.logs.append((told["level"], told["text"]))
        elif kind == wire.QUIT:
            self.quit = True
        elif kind == wire.SHAPE:
            self.shapes.append(told)
        elif kind == wire.WAKE:
            self.wakes = wire.SECONDS.unpack(head)[0]
        elif kind == wire.EXIT:
            self.exit = told["code"]
        elif kind == wire.SAMPLE:
            self.samples.append(told)

    def _answer(self, number, request):
        answer = self.server(request) or {}
        body = answer.get("body", b"")
        body = body.encode() if isinstance(body, str) else body
        head = {"request": request["request"], "status": answer.get("status", 200), "elapsed": self.elapsed,
                "headers": answer.get("headers", []), "error": answer.get("error"), "url": answer.get("url"),
                "bytes": len(body)}
        if request["catch"]:
            self.open.add((number, request["request"]))
        self._later(self.now + self.elapsed, number, wire.ANSWER, wire.encode(head).encode(), body)

    def _later(self, at, number, kind, head, body):
        self.count += 1
        heapq.heappush(self.waiting, (at, self.count, number, kind, head, body))

    def _clock(self):
        return wire.pack(0, wire.CLOCK, wire.SECONDS.pack(self.now))

    def event(self, name, **told):
        self.exchange(self._clock() + wire.pack_json(0, wire.EVENT, dict(told, name=name)))

    def stats(self, **told):
        self.exchange(self._clock() + wire.pack_json(0, wire.STATS, told))

    def tick(self, users=0):
        self.exchange(self._clock() + wire.pack_json(0, wire.TICK, {"users": users}))
        return self.shapes[-1] if self.shapes else None

    def spawn(self, number=0, index=0):
        self.alive.add(number)
        self.exchange(self._clock() + wire.pack(number, wire.SPAWN, wire.INDEX.pack(index)), [number])

    def stop(self, number=0):
        self.waiting = [entry for entry in self.waiting if entry[2] != number]
        heapq.heapify(self.waiting)
        self.open = {(user, request) for user, request in self.open if user != number}
        self.exchange(self._clock() + wire.pack(number, wire.STOP), [number])

    def kill(self, number=0):
        self.waiting = [entry for entry in self.waiting if entry[2] != number]
        heapq.heapify(self.waiting)
        self.open = {(user, request) for user, request in self.open if user != number}
        self.alive.discard(number)
        self.exchange(self._clock() + wire.pack(number, wire.KILL))

    def turn(self):
        """What falls due next. False if nothing does."""
        at = self.waiting[0][0] if self.waiting else None
        if self.wakes is not None and (at is None or self.wakes < at):
            self.now, self.wakes = max(self.now, self.wakes), None
            self.exchange(self._clock())
            return True
        if at is None:
            return False
        self.now = max(self.now, at)
        frame, users = self._clock(), []
        while self.waiting and self.waiting[0][0] <= self.now and len(users) < 256:
            _, _, number, kind, head, body = heapq.heappop(self.waiting)
            if number in users:
                self._later(self.now, number, kind, head, body)
                break
            frame += wire.pack(number, kind, head, body)
            users.append(number)
        self.exchange(frame, users)
        return True

    def run(self, until=10.0, requests=1000):
        """Lets time pass, up to and with `until`."""
        for _ in range(20000):
            if len(self.requests) >= requests or self.quit or self._next() > until:
                return self
            self.turn()
        raise AssertionError("20,000 frames, and still at %g s: %s" % (self.now, self.exceptions[:1]))

    def _next(self):
        never = float("inf")
        return min(self.waiting[0][0] if self.waiting else never, never if self.wakes is None else self.wakes)

    def urls(self, number=None):
        return ["%s %s" % (request["method"], request["url"].replace("http://target", "")) for request in self.requests
                if number is None or request["user"] == number]

    def close(self):
        self.child.close()
        return self.child.errors

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()
