"""What a user is, and the three kinds of them."""
import logging
import re
import traceback

from gevent import GreenletExit
from mayfly_python import seam
from mayfly_python.clock import clock

from ..clients import HttpSession
from ..exception import StopTest, StopUser
from .task import (
    LOCUST_STATE_RUNNING,
    LOCUST_STATE_STOPPING,
    LOCUST_STATE_WAITING,
    DefaultTaskSet,
    TaskSet,
    get_tasks_from_base_classes,
)
from .wait_time import constant

logger = logging.getLogger(__name__)
__all__ = ["HttpUser", "PytestUser", "RestMixin", "TaskSet", "User", "UserMeta"]


class UserMeta(type):
    def __new__(mcs, classname, bases, class_dict):
        if "task_set" in class_dict:
            raise ImportError("task_set is of Locust before 1.0: write `tasks = [%s]` instead"
                              % getattr(class_dict["task_set"], "__name__", "YourTaskSet"))
        class_dict["tasks"] = get_tasks_from_base_classes(bases, class_dict)
        if not class_dict.get("abstract"):
            class_dict["abstract"] = False
        return type.__new__(mcs, classname, bases, class_dict)


class User(metaclass=UserMeta):
    """Somebody who does tasks and waits between them."""

    host = None
    min_wait = None
    max_wait = None
    wait_time = constant(0)
    wait_function = None
    tasks = []
    weight = 1
    fixed_count = 0
    abstract = True

    def __init__(self, environment):
        super().__init__()
        self.environment = environment
        self._state = None
        self._greenlet = None
        self._group = None
        self._taskset_instance = None
        self._cp_last_run = clock.now()
        self._cp_last_wait_time = 0

    def on_start(self):
        pass

    def on_stop(self):
        pass

    async def run(self):
        self._state = LOCUST_STATE_RUNNING
        self._taskset_instance = DefaultTaskSet(self)
        try:
            try:
                seam.engine.current.task = self.on_start
                started = self.on_start()
                if type(started) is seam.CoroutineType:
                    await started
            except Exception as error:
                if not isinstance(error, (StopUser, StopTest)):
                    self.environment.events.user_error.fire(
                        user_instance=self, exception=error, tb=error.__traceback__)
                raise
            await self._taskset_instance.run()
        except (GreenletExit, StopUser, StopTest) as end:
            seam.engine.current.task = self.on_stop
            stopped = self.on_stop()
            if type(stopped) is seam.CoroutineType:
                await stopped
            if isinstance(end, StopTest):
                self.environment.runner.quit()

    async def wait(self):
        await self._taskset_instance.wait()

    def stop(self, force=False):
        """Ends the user: at once if it waits, else after its task."""
        if seam.engine.stop_user(self, force or self._state in (None, LOCUST_STATE_WAITING)):
            return True
        self._state = LOCUST_STATE_STOPPING
        return False

    @property
    def greenlet(self):
        return self._greenlet

    @property
    def group(self):
        return self._group

    def context(self):
        """What each request of this user says to listeners."""
        return {}

    @classmethod
    def json(cls):
        return {"host": cls.host, "weight": cls.weight, "fixed_count": cls.fixed_count,
                "tasks": [item.__name__ for item in cls.tasks]}

    @classmethod
    def fullname(cls):
        return ".".join(part for part in (cls.__module__ + "." + cls.__qualname__).split(".") if part != "<locals>")


class _Rest:
    """What `with self.rest(…) as response` stands over: any exception in the block makes the request a failure."""

    def __init__(self, response):
        self._response = response

    def __enter__(self):
        response = self._response
        response.__enter__()
        response.js = None
        if response.content is None or response.error is not None and not response.content:
            response.failure(str(response.error))
        elif response.text:
            try:
                response.js = response.json()
            except ValueError as error:
                response.failure("Could not parse response as JSON. %s, response code %s, error %s"
                                 % (response.text[:250], response.status_code, error))
        return response

    def __exit__(self, kind, error, tb):
        response = self._response
        if isinstance(error, AssertionError):
            message = str(error.args[0]) if error.args else "Assertion failed"
            if message.endswith(","):
                message = "%s, response was %s" % (message[:-1], (response.text or "")[:200])
            response.failure(message)
        elif isinstance(error, Exception):
            places = ", ".join(_places(tb))
            response.failure("%s: %s at %s. Response was %s"
                             % (kind.__name__, error, places, (response.text or "")[:200]))
        elif error is not None:
            return response.__exit__(kind, error, tb)
        response.__exit__(None, None, None)
        return True

    # What a file does with `self.rest(…)` without a block, it does with the response.
    def __getattr__(self, name):
        return getattr(self._response, name)


def _places(tb):
    for frame in traceback.extract_tb(tb):
        yield "%s:%s in %s" % (re.sub(r"/(home|Users)/\w*/", "~/", frame.filename), frame.lineno, frame.name)


class RestMixin:
    """JSON over HTTP."""

    async def rest(self, method, url, headers=None, **kwargs):
        """Sends and expects JSON; `response.js` has it, or None."""
        headers = dict(headers) if headers else {}
        names = {name.lower() for name in headers}
        if "content-type" not in names:
            headers["Content-Type"] = "application/json"
        if "accept" not in names:
            headers["Accept"] = "application/json"
        kwargs["catch_response"] = True
        return _Rest(await self.client.request(method, url, headers=headers, **kwargs))

    async def rest_(self, method, url, name=None, **kwargs):
        """As `rest`, with a parameter that no cache has seen."""
        separator = "&" if "?" in url else "?"
        name = url + separator + "_=..." if name is None else name
        moment = int(clock.unix() * 1000)
        return await self.rest(method, "%s%s_=%s" % (url, separator, moment), name=name, **kwargs)


class HttpUser(User, RestMixin):
    """A user with `self.client`, which is as a session of the requests library."""

    abstract = True
    pool_manager = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Without a host, requests are paths, and the core puts its own before them.
        self.client = HttpSession(base_url=self.host, request_event=self.environment.events.request, user=self,
                                  pool_manager=self.pool_manager)
        self.client.trust_env = False


class PytestUser(User):
    abstract = True
