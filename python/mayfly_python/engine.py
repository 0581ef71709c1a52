"""Bytes in, bytes out: what the core asks of a locustfile, and what the file wants of the core.

One frame at a time: `step` takes the messages of a frame and gives those of the answer. docs/locustfile-protocol.md
has them all.
"""
import gc
import logging
import os
import platform
import sys
import traceback
import warnings

from . import helpers, loading, randomness, seam, stubs, wire
from .clock import clock
from .fibers import Actor
from .randomness import streams

# How often a stopped user may still wait or send, before it is ended: `on_stop` may, a loop that swallows its end not.
STOPPED_OPS = 1000
# How far a shape is looked at before the run, in seconds of its own time, and for how long.
SHAPE_SECONDS = 24 * 3600
SHAPE_LOOK = 0.5


class TimeLimit(BaseException):
    """What a user does takes too long."""


class Engine:
    def __init__(self, place=(0, 1)):
        # Which of how many processes this is, each with its part of the users.
        self.process, self.processes = place
        self.out = bytearray()
        self.source = None
        # Whether there is a file whose users can run.
        self.is_loaded = False
        self.folder_of_modules = None
        self.environment = None
        self.classes = []
        self.shape = None
        self.actors = {}
        self.nobody = Actor(0)
        self.current = self.nobody
        # What runs at first, as far as the plan says it.
        self.users = self.spawn_rate = 0
        self.requests = 0
        self.is_quit = False
        self.woken_for = None
        # Counts messages, so that a limit of time sees which one takes long; whether one is at work.
        self.steps = 0
        self.is_busy = False

    # Frames.

    def step(self, data):
        """The answer to a frame."""
        self.out = bytearray()
        self.is_busy = True
        for number, kind, head, body in wire.unpack(data):
            self.steps += 1
            self._handle(number, kind, head, body)
        self._leave()
        self.is_busy = False
        return bytes(self.out)

    def _handle(self, number, kind, head, body):
        if kind == wire.RESUME:
            self._run(number, None)
            return
        if kind == wire.ANSWER:
            self._run(number, seam.Answer(wire.decode(head), body))
            return
        self._leave()
        if kind == wire.CLOCK:
            clock.set(wire.SECONDS.unpack(head)[0])
            self._run_nobody()
        elif kind == wire.SPAWN:
            self._spawn(number, self.classes[wire.INDEX.unpack(head)[0]])
        elif kind == wire.STOP:
            self._stop(number)
        elif kind == wire.KILL:
            self._kill(number)
        else:
            rare = {wire.HELLO: lambda: self._load(wire.decode(head), body),
                    wire.MODULE: lambda: self._add_module(wire.decode(head), body),
                    wire.TICK: lambda: self._tick(wire.decode(head)),
                    wire.EVENT: lambda: self._fire(wire.decode(head)),
                    wire.STATS: lambda: self._learn(wire.decode(head))}
            rare[kind]()

    def tell(self, number, kind, head, body=b""):
        self.out += wire.pack_json(number, kind, head, body)

    def log(self, level, text):
        self.tell(0, wire.LOG, {"level": level, "text": text})

    def is_of_file(self, frame):
        """Whether it is code of the file, or what that called: a limit of time must not break the engine's own."""
        while self.source is not None and frame is not None:
            name = frame.f_code.co_filename
            if name in self.source.files or name in _OWN_FILES:
                return name not in _OWN_FILES
            frame = frame.f_back
        return False

    # Users.

    def _enter(self, actor):
        self.current = actor
        streams.choose(None if actor is self.nobody else actor.number)

    def _leave(self):
        self.current = self.nobody
        streams.choose(None)

    def _spawn(self, number, kind):
        actor = self.actors[number] = Actor(number, self._life(number, kind))
        actor.user_class = kind
        self._run(number, None)

    async def _life(self, number, kind):
        actor = self.actors[number]
        actor.task = kind.__init__
        actor.user = await seam.made(kind, self.environment)
        await actor.user.run()

    def _run(self, number, answer):
        """Lets a user go on. It stays the one that runs until another does, or the frame is over."""
        actor = self.actors.get(number)
        if actor is None:
            # It ended on its own while this was on its way.
            self.out += wire.pack(number, wire.DONE)
            return
        self._enter(actor)
        try:
            op = actor.resume(answer)
        except StopIteration:
            self._end(actor, wire.DONE, b"")
        except BaseException as error:
            self._end_by(actor, error)
        else:
            self._tell_op(actor, op)

    def _tell_op(self, actor, op):
        if actor.unjudged:
            for response in actor.unjudged[:]:
                if not response._entered:
                    response.judge_by_status()
        if actor.is_stopped:
            actor.is_stopped += 1
            if actor.is_stopped > STOPPED_OPS:
                self._end(actor, wire.DONE, b"")
                return
        if op[0] == "wait":
            self.out += wire.pack_wait(actor.number, op[1])
        else:
            self.tell(actor.number, wire.REQUEST, op[1], op[2])

    def _end(self, actor, kind, head):
        # Its greenlets end with it, and what they say on it comes before its end.
        actor.close()
        for response in actor.unjudged[:]:
            response.judge_by_status()
        self.actors.pop(actor.number, None)
        self.out += wire.pack(actor.number, kind, head)

    def _end_by(self, actor, error):
        if isinstance(error, SystemExit):
            self._exit(error)
            self._end(actor, wire.DONE, b"")
        elif type(error).__name__ in ("StopUser", "GreenletExit"):
            self._end(actor, wire.DONE, b"")
        else:
            self._end(actor, wire.DEAD, wire.encode(self.told_error(error)).encode("utf-8", "replace"))

    def _exit(self, error):
        code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
        self.environment.process_exit_code = code
        self.quit()

    def _stop(self, number):
        actor = self.actors.get(number)
        if actor is None:
            self.out += wire.pack(number, wire.DONE)
            return
        from gevent import GreenletExit
        self._enter(actor)
        self._give_up(actor)
        actor.is_stopped = 1
        try:
            op = actor.throw(GreenletExit())
        except StopIteration:
            self._end(actor, wire.DONE, b"")
        except BaseException as error:
            self._end_by(actor, error)
        else:
            self._tell_op(actor, op)
        self._leave()

    def _kill(self, number):
        actor = self.actors.pop(number, None)
        if actor is not None:
            self._enter(actor)
            self._give_up(actor)
            actor.close()
            self._leave()

    def _give_up(self, actor):
        """The core has thrown away what is open: it wants no verdict."""
        for response in actor.unjudged:
            response._verdict = None
        actor.unjudged = []

    # What the packages ask for.

    def next_request(self):
        self.requests += 1
        return self.requests

    def await_verdict(self, response):
        self.current.unjudged.append(response)

    def judge(self, response, error, by_file):
        """The verdict on a request that the file may judge."""
        if response not in self.current.unjudged:
            # Its user was stopped, or somebody else's response is judged: the core does not wait for it.
            return
        self.current.unjudged = [other for other in self.current.unjudged if other is not response]
        head = {"request": response._verdict, "failure": None if error is None else failure_text(error)}
        if not by_file:
            head["judge"] = True
        if response.request_meta["name"] != response._sent_name:
            head["name"] = str(response.request_meta["name"])
        self.tell(self.current.number, wire.VERDICT, head)

    def task_failed(self, user, error):
        self.tell(self.current.number, wire.EXCEPTION, self.told_error(error))

    def told_error(self, error):
        line, file = self.source.place(error.__traceback__) if self.source else (None, None)
        if isinstance(error, SyntaxError):
            line = error.lineno
        message = str(error)
        if isinstance(error, KeyboardInterrupt):
            error = TimeLimit("took longer than the time that a step of a user may take").with_traceback(
                error.__traceback__)
            message = str(error)
        told = {"task": _name_of_task(self.current), "line": line, "type": type(error).__name__, "message": message,
                "traceback": self._traceback(error)}
        if file is not None:
            told["file"] = file
        return told

    def _traceback(self, error):
        """As Python writes it, without the frames of Mayfly's own."""
        told = traceback.TracebackException.from_exception(error)
        chain = [told]
        for link in chain:
            link.stack = traceback.StackSummary.from_list(
                [frame for frame in link.stack if not frame.filename.startswith(_OWN_FOLDERS)])
            # It holds no exception twice, so that it ends.
            chain += [other for other in (link.__cause__, link.__context__, *(getattr(link, "exceptions", None) or ()))
                      if other is not None]
        return "".join(told.format())

    def spawn(self, greenlet, coroutine):
        return self.current.spawn(greenlet, coroutine)

    def run_listener(self, value):
        """A listener that waits goes on as a greenlet of whoever runs."""
        if type(value) is not seam.CoroutineType:
            return
        try:
            op = value.send(None)
        except StopIteration:
            return
        fiber = self.current.spawn(None, value)
        fiber.hold(op, clock.now())

    def listener_failed(self, error):
        self.log("error", "a listener broke: \n" + self.told_error(error)["traceback"])

    def current_fiber(self):
        return self.current.running

    def current_greenlet(self):
        fiber = self.current.running
        return None if fiber is None else fiber.greenlet or fiber

    def stop_user(self, user, at_once):
        """True if it ends at once, which for another user is when what it waits for is over."""
        if not at_once:
            return False
        from gevent import GreenletExit
        if self.current.user is user and self.current.running is self.current.main:
            raise GreenletExit()
        for actor in self.actors.values():
            if actor.user is user:
                actor.main.error = GreenletExit()
        return True

    def quit(self):
        if not self.is_quit:
            self.is_quit = True
            self.out += wire.pack(0, wire.QUIT)

    def count_sample(self, fired):
        error = fired.get("exception")
        self.tell(self.current.number, wire.SAMPLE, {
            "type": str(fired.get("request_type", "")), "name": str(fired.get("name", "")),
            "response_time": fired.get("response_time") or 0, "length": fired.get("response_length") or 0,
            "error": None if error is None else failure_text(error)})

    def count_users(self):
        return len(self.actors)

    def count_users_by_class(self):
        counts = {kind.__name__: 0 for kind in self.classes}
        for actor in self.actors.values():
            counts[actor.user_class.__name__] += 1
        return counts

    # The environment.

    def _run_nobody(self):
        """Lets greenlets of the environment run that are due."""
        while self.nobody.fibers:
            op = self.nobody.schedule()
            if op is None:
                return
            if op[0] == "wait":
                self.out += wire.pack(0, wire.WAKE, wire.SECONDS.pack(clock.now() + op[1]))
                return
            self.nobody.sent.error = seam.CannotWait(
                "%s %s is sent by no user: requests can only be sent by users" % (op[1]["method"], op[1]["url"]))
            self.nobody.sent = None

    def _outside(self, function):
        """Runs code of the file that belongs to no user. What it raises goes to the log."""
        try:
            function()
            self._run_nobody()
        except SystemExit as error:
            self._exit(error)
        except BaseException as error:
            told = self.told_error(error)
            self.log("error", told["traceback"])

    def _fire(self, told):
        name = told.pop("name")
        runner, events = self.environment.runner, self.environment.events
        if name == "test_start":
            runner.state = "spawning"
            runner.target_user_count = told.get("target_user_count", self.users)
            runner.spawn_rate = told.get("spawn_rate", self.spawn_rate)
            if self.shape is not None:
                self._outside(self.shape.reset_time)
            self.is_quit = False
            self._outside(lambda: events.test_start.notify(environment=self.environment))
        elif name == "test_stop":
            runner.state = "stopping"
            self._outside(lambda: events.test_stopping.notify(environment=self.environment))
            runner.state = "stopped"
            self._outside(lambda: events.test_stop.notify(environment=self.environment))
        elif name == "spawning_complete":
            runner.state = "running"
            count = told.get("user_count", runner.user_count)
            self._outside(lambda: events.spawning_complete.notify(user_count=count))
        elif name == "quitting":
            self._outside(lambda: events.quitting.notify(environment=self.environment, reverse=True))
            code = self.environment.process_exit_code
            self._outside(lambda: events.quit.notify(exit_code=code or 0))
            self.tell(0, wire.EXIT, {"code": code})
        elif hasattr(events, name):
            self._outside(lambda: getattr(events, name).notify(**told))

    def _learn(self, told):
        runner = self.environment.runner
        for key, field in (("user_count", "_users"), ("state", "state"), ("target_user_count", "target_user_count")):
            if key in told:
                setattr(runner, field, told[key])
        self.environment.stats.learn(told)

    def _tick(self, told):
        self.environment.runner._users = told.get("users")
        from locust.exception import StopTest
        try:
            wanted = seam.now(self.shape.tick())
            wanted = None if wanted is None else _told_shape(wanted)
        except SystemExit as error:
            self._exit(error)
        except StopTest as error:
            self.log("error", "the shape ended the run: %s" % error)
            self.quit()
        except BaseException as error:
            # Not as a shape that is over: nobody shall take the run for one that went to its end.
            told = dict(self.told_error(error), task="tick")
            self.log("error", "the shape's tick() broke, which ends the run: \n" + told["traceback"])
            self.tell(0, wire.EXCEPTION, told)
            self.quit()
        else:
            self.tell(0, wire.SHAPE, wanted)

    # Loading.

    def _add_module(self, head, body):
        """A file that lies beside the locustfile, where there is no folder: in the page."""
        if self.folder_of_modules is None:
            self.folder_of_modules = os.path.abspath("files")
        name = head["name"].replace("\\", "/").lstrip("/")
        path = os.path.normpath(os.path.join(self.folder_of_modules, name))
        if not path.startswith(self.folder_of_modules + os.sep):
            self.log("error", "%s is not in the folder of the locustfile" % name)
            return
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(body)
        if name.endswith(".whl"):
            sys.path.append(path)

    def _load(self, hello, body):
        try:
            self._read(hello, body)
        except BaseException as error:
            if isinstance(error, SystemExit):
                error = RuntimeError("the file ended by sys.exit(%r) while it was loaded" % (error.code,)).with_traceback(
                    error.__traceback__)
            self.current = self.nobody
            told = self.told_error(error)
            del told["task"]
            self.tell(0, wire.ERROR, told)

    def _read(self, hello, body):
        # What the earlier file kept is let go of, and none of it stays should this one break.
        gc.unfreeze()
        self.is_loaded, self.source, self.environment, self.classes, self.shape = False, None, None, [], None
        loading.forget()
        self.actors, self.nobody, self.is_quit = {}, Actor(0), False
        self.current = self.nobody
        clock.started = float(hello.get("started") or 0.0)
        clock.set(0.0)
        streams.start(int(hello.get("seed") or 0), self.process)
        folder = hello.get("folder") or self.folder_of_modules
        if folder is not None and folder == self.folder_of_modules:
            os.chdir(folder)
        text = body.decode("utf-8-sig")
        self.source = loading.Source(hello.get("file") or "locustfile.py", text, folder)
        _prepare(self)
        clock.flows = self.source.is_blocking
        import locust
        from locust.env import Environment
        self.environment = Environment(events=locust.events, locustfile=self.source.name, host=hello.get("host"),
                                       tags=hello.get("tags"), exclude_tags=hello.get("exclude_tags"))
        self.users, self.spawn_rate = hello.get("users") or 0, hello.get("spawn_rate") or 0
        module = loading.run(self.source, helpers.NAMES)
        options = self._options(hello)
        self._find_classes(module, hello)
        self._find_shape(module)
        self.environment.create_local_runner()
        self._outside(lambda: self.environment.events.init.notify(
            environment=self.environment, runner=self.environment.runner, web_ui=None))
        self._note_stubs()
        self.tell(0, wire.LOADED, {
            "version": 1,
            "python": platform.python_version(),
            "classes": [self._told_class(kind) for kind in self.classes],
            "keep": self.source.keep,
            "uses_stats": self.source.uses_stats,
            "blocking": self.source.is_blocking,
            "shape": self._told_shape(),
            "notes": self.source.told_notes(),
            "options": options,
            "tags": sorted(self.all_tags),
            "urls": self.source.urls,
        })
        self.is_loaded = True
        # What is loaded stays: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20000, 20, 20)

    def _options(self, hello):
        from locust import argument_parser
        parser = argument_parser.get_empty_argument_parser()
        self.environment.events.init_command_line_parser.notify(parser=parser)
        given = hello.get("options") or {}
        users, run_time = hello.get("users"), hello.get("run_time")
        if run_time is not None and run_time == int(run_time):
            # As Locust has it, whole seconds.
            run_time = int(run_time)
        standard = dict({"host": hello.get("host"), "tags": hello.get("tags"), "exclude_tags": hello.get("exclude_tags"),
                         "headless": True, "num_users": users, "users": users,
                         "spawn_rate": hello.get("spawn_rate"), "run_time": run_time,
                         "master": False, "worker": False, "loglevel": "INFO", "stop_timeout": 0.0, "profile": None,
                         "locustfile": self.source.name, "csv_prefix": None, "html_file": None, "autostart": False,
                         "expect_workers": 1, "web_port": 8089, "reset_stats": False, "logfile": None,
                         "user_classes": None, "processes": self.processes if self.processes > 1 else None,
                         "master_host": "127.0.0.1", "config": None},
                        **{name: value for name, value in given.items()})
        self.environment.parsed_options = argument_parser.read_options(parser, standard, given)
        return argument_parser.describe(parser)

    def _find_classes(self, module, hello):
        from locust.user.task import filter_tasks_by_tags
        from locust.util.load_locustfile import is_user_class
        found = {kind.__name__: kind for kind in vars(module).values() if is_user_class(kind)}
        self.all_tags = set()
        for kind in found.values():
            _collect_tags(kind, self.all_tags)
        self.classes = [kind for _, kind in sorted(found.items()) if kind.weight > 0 or kind.fixed_count > 0]
        tags = set(hello["tags"]) if hello.get("tags") else None
        exclude = set(hello["exclude_tags"]) if hello.get("exclude_tags") else None
        for kind in self.classes:
            if hello.get("host"):
                kind.host = hello["host"]
            if tags or exclude:
                filter_tasks_by_tags(kind, tags, exclude)
        self.environment.user_classes = list(self.classes)
        self.environment.available_user_classes = found
        self.environment.available_user_tasks = {name: kind.tasks or None for name, kind in found.items()}

    def _find_shape(self, module):
        from locust.util.load_locustfile import is_shape_class
        kinds = [kind for kind in vars(module).values() if is_shape_class(kind)]
        self.shape = kinds[0]() if kinds else None
        self.environment.shape_class = self.shape
        self.environment.available_shape_classes = {kind.__name__: kind for kind in kinds}

    def _told_class(self, kind):
        told = {"name": kind.__name__, "weight": kind.weight, "fixed_count": kind.fixed_count, "host": kind.host,
                "tasks": _told_tasks(kind.tasks, set()), "line": self.source.lines.get(kind.__name__)}
        return told

    def _told_shape(self):
        from . import shapes
        if self.shape is None:
            return None
        return shapes.look(type(self.shape), self.environment, SHAPE_SECONDS, SHAPE_LOOK)

    def _note_stubs(self):
        for name in sorted(stubs.missing):
            self.source.note(self.source.imports.get(name.partition(".")[0]), "warning",
                             "%s is not available: what is used of it fails there" % name)


def _told_tasks(tasks, above):
    told = {}
    for item in tasks or ():
        if item in told:
            told[item]["weight"] += 1
        else:
            inner = getattr(item, "tasks", None)
            told[item] = {"name": getattr(item, "__name__", str(item)), "weight": 1,
                          "tasks": _told_tasks(inner, above | {item}) if inner and item not in above else []}
    return list(told.values())


def _collect_tags(holder, tags, seen=None):
    seen = set() if seen is None else seen
    for item in getattr(holder, "tasks", None) or ():
        if item not in seen:
            seen.add(item)
            tags |= getattr(item, "locust_tag_set", set())
            _collect_tags(item, tags, seen)


def _told_shape(wanted):
    users, rate, *classes = wanted
    kinds = classes[0] if classes else None
    return {"users": int(users), "spawn_rate": float(rate),
            "classes": None if kinds is None else [kind.__name__ for kind in kinds]}


def _name_of_task(actor):
    task = actor.task
    return getattr(task, "__qualname__", None) or getattr(task, "__name__", "") or ""


def failure_text(error):
    """What a failure is counted under."""
    if type(error).__name__ == "CatchResponseError":
        return str(error)
    return repr(error) if isinstance(error, BaseException) else str(error)


class _Handler(logging.Handler):
    """Logs of the file, and of what it uses."""

    def __init__(self, engine):
        super().__init__()
        self.engine = engine

    def emit(self, record):
        level = ("debug" if record.levelno < logging.INFO else "info" if record.levelno < logging.WARNING
                 else "warning" if record.levelno < logging.ERROR else "error")
        try:
            text = self.format(record)
        except Exception as error:
            text = "%s (which cannot be formatted: %s)" % (record.msg, error)
        self.engine.log(level, text)


def _prepare(engine):
    """Puts Mayfly under what the file will import. Once for an interpreter."""
    seam.engine = engine
    stubs.install()
    randomness.install()
    logging.getLogger().handlers[:] = [_Handler(engine)]
    logging.getLogger().setLevel(logging.INFO)
    warnings._warn_unawaited_coroutine = engine_lost


def engine_lost(coroutine):
    """Called by Python for a coroutine that nobody awaited: something was called where it could not be waited for."""
    engine = seam.engine
    frame = sys._getframe(1)
    line = None
    while frame is not None:
        if engine.source is not None and frame.f_code.co_filename in engine.source.files:
            line = frame.f_lineno
            break
        frame = frame.f_back
    name = getattr(coroutine, "__qualname__", "a call")
    message = "%s was called where Mayfly cannot wait for it: it was not sent. Call it in a task, in on_start, or in a " \
              "function that they call" % name
    told = {"task": _name_of_task(engine.current), "line": line, "type": "CannotWait", "message": message, "traceback": ""}
    if engine.current is engine.nobody:
        engine.log("error", "line %s: %s" % (line, message))
    else:
        engine.tell(engine.current.number, wire.EXCEPTION, told)


_OWN_FOLDERS = tuple(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), name) + os.sep
                     for name in ("mayfly_python", "locust", "gevent"))
_OWN_FILES = {function.__code__.co_filename for function in (Engine.step, Actor.resume, wire.pack)}
