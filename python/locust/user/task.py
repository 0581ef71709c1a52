"""Tasks, and the sets that users pick them from."""
import logging
import random
import traceback
from collections import deque

from gevent import GreenletExit
from mayfly_python import seam
from mayfly_python.clock import clock

from ..exception import (
    InterruptTaskSet,
    LocustError,
    MissingWaitTimeError,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)

logger = logging.getLogger(__name__)
LOCUST_STATE_RUNNING, LOCUST_STATE_WAITING, LOCUST_STATE_STOPPING = ["running", "waiting", "stopping"]
_COROUTINE = seam.CoroutineType


def task(weight=1):
    """Makes a method, or a nested TaskSet, a task: `@task` or `@task(3)`."""

    def decorate(item):
        if item.__name__ in ("on_start", "on_stop"):
            logger.warning("%s has @task, so it is called both as a task and at the start or stop", item.__name__)
        if item.__name__ == "run":
            raise Exception("run() is how Locust runs a user: it cannot be a task; give the task another name")
        item.locust_task_weight = weight
        return item

    if callable(weight):
        item, weight = weight, 1
        return decorate(item)
    return decorate


def tag(*tags):
    """Tags a task, or all tasks of a TaskSet, for `--tags` and `--exclude-tags`."""
    if not tags or callable(tags[0]):
        raise ValueError("@tag needs names: @tag(\"smoke\")")

    def decorate(item):
        if hasattr(item, "tasks"):
            item.tasks = [decorate(inner) for inner in item.tasks]
        else:
            item.locust_tag_set = set(getattr(item, "locust_tag_set", ())) | set(tags)
        return item

    return decorate


def _times(tasks):
    """The items of a list, of a list of pairs with weights, or of a dict of weights, each as often as it weighs."""
    for item in tasks.items() if isinstance(tasks, dict) else tasks:
        if isinstance(item, tuple):
            for _ in range(item[1]):
                yield item[0]
        else:
            yield item


def _weight(item):
    # Not getattr, which a mock or a class with __getattr__ would answer.
    return item.locust_task_weight if "locust_task_weight" in dir(item) else 0


def get_tasks_from_base_classes(bases, class_dict):
    tasks = []
    for base in bases:
        tasks += getattr(base, "tasks", None) or []
    tasks += _times(class_dict.get("tasks") or [])
    for item in class_dict.values():
        tasks += [item] * _weight(item)
    return tasks


def is_markov_taskset(item):
    return type(item).__name__ == "MarkovTaskSetMeta"


def filter_tasks_by_tags(holder, tags=None, exclude_tags=None, checked=None):
    """Takes away the tasks that the tags leave out, from nested sets too."""
    checked = {} if checked is None else checked
    for item in holder.tasks:
        if item not in checked:
            checked[item] = _passes(item, tags, exclude_tags, checked)
    holder.tasks = [item for item in holder.tasks if checked[item]]
    if not holder.tasks and not is_markov_taskset(holder):
        logger.warning("no task of %s has the tags: its users will fail", holder.__name__)


def _passes(item, tags, exclude_tags, checked):
    if hasattr(item, "tasks"):
        filter_tasks_by_tags(item, tags, exclude_tags, checked)
        return bool(item.tasks) or is_markov_taskset(item)
    own = getattr(item, "locust_tag_set", set())
    return (tags is None or bool(own & tags)) and not (exclude_tags and own & exclude_tags)


class TaskSetMeta(type):
    def __new__(mcs, classname, bases, class_dict):
        class_dict["tasks"] = get_tasks_from_base_classes(bases, class_dict)
        return type.__new__(mcs, classname, bases, class_dict)


class TaskSet(metaclass=TaskSetMeta):
    """Tasks that a user does one after the other, each picked at random."""

    tasks = []
    min_wait = None
    max_wait = None
    wait_function = None

    def __init__(self, parent):
        self._task_queue = deque()
        self._parent = parent
        self._user = parent.user if isinstance(parent, TaskSet) else parent
        self.min_wait = self.min_wait or self._user.min_wait
        self.max_wait = self.max_wait or self._user.max_wait
        self.wait_function = self.wait_function or self._user.wait_function
        self._cp_last_run = clock.now()
        self._cp_last_wait_time = 0

    @property
    def user(self):
        return self._user

    @property
    def parent(self):
        return self._parent

    @property
    def client(self):
        return self._user.client

    # Files of old Locust say so.
    locust = user

    def on_start(self):
        pass

    def on_stop(self):
        pass

    async def run(self):
        try:
            started = self.on_start()
            if type(started) is _COROUTINE:
                await started
        except InterruptTaskSet as end:
            raise _rescheduling(end) from None
        while True:
            try:
                await self._run_next()
            except InterruptTaskSet as end:
                await self._stop()
                raise _rescheduling(end) from end
            except (StopUser, StopTest, GreenletExit):
                await self._stop()
                raise
            except Exception as error:
                environment = self._user.environment
                seam.engine.task_failed(self._user, error)
                environment.events.user_error.fire(user_instance=self, exception=error, tb=error.__traceback__)
                if not environment.catch_exceptions:
                    raise
                await self.wait()

    async def _run_next(self):
        if not self._task_queue:
            self.schedule_task(self.get_next_task())
        try:
            if self._user._state == LOCUST_STATE_STOPPING:
                raise StopUser()
            await self.execute_next_task()
        except RescheduleTaskImmediately:
            return
        except RescheduleTask:
            pass
        await self.wait()

    async def _stop(self):
        try:
            stopped = self.on_stop()
            if type(stopped) is _COROUTINE:
                await stopped
        except (StopUser, StopTest, GreenletExit):
            raise
        except Exception:
            logger.error("on_stop broke: \n%s", traceback.format_exc())

    async def execute_next_task(self):
        await self.execute_task(self._task_queue.popleft())

    async def execute_task(self, task):
        seam.engine.current.task = task
        if getattr(task, "__self__", None) is self:
            done = task()
        elif hasattr(task, "tasks") and issubclass(task, TaskSet):
            done = (await seam.made(task, self)).run()
        else:
            done = task(self)
        if type(done) is _COROUTINE:
            await done

    def schedule_task(self, task_callable, first=False):
        """Lets a task be the next, or the last of those that are scheduled."""
        if first:
            self._task_queue.appendleft(task_callable)
        else:
            self._task_queue.append(task_callable)

    def get_next_task(self):
        if not self.tasks:
            raise _no_tasks(self)
        return random.choice(self.tasks)

    def wait_time(self):
        if self._user.wait_time:
            return self._user.wait_time()
        if self.min_wait is not None and self.max_wait is not None:
            return random.randint(self.min_wait, self.max_wait) / 1000.0
        raise MissingWaitTimeError("neither %s nor %s has a wait_time"
                                   % (type(self._user).__name__, type(self).__name__))

    async def wait(self):
        user = self._user
        if user._state == LOCUST_STATE_STOPPING:
            raise StopUser()
        seconds = self.wait_time()
        if type(seconds) is _COROUTINE:
            seconds = await seconds
        user._state = LOCUST_STATE_WAITING
        await seam.op("wait", max(0.0, float(seconds)))
        if user._state == LOCUST_STATE_STOPPING:
            raise StopUser()
        user._state = LOCUST_STATE_RUNNING

    def interrupt(self, reschedule=True):
        """Leaves this set: the parent picks its next task, at once or after its wait time."""
        raise InterruptTaskSet(reschedule)


def _rescheduling(end):
    kind = RescheduleTaskImmediately if end.reschedule else RescheduleTask
    return kind(end.reschedule).with_traceback(end.__traceback__)


def _no_tasks(holder):
    text = "%s has no tasks: decorate methods with @task, or set `tasks`" % type(holder).__name__
    if getattr(holder, "task", None):
        text += "; it has an attribute `task`, was `tasks` meant?"
    return LocustError(text)


class DefaultTaskSet(TaskSet):
    """The tasks of a user itself: they get the user and not the set."""

    def get_next_task(self):
        if not self._user.tasks:
            raise _no_tasks(self._user)
        return random.choice(self._user.tasks)

    async def execute_task(self, task):
        seam.engine.current.task = task
        if hasattr(task, "tasks") and issubclass(task, TaskSet):
            done = (await seam.made(task, self._user)).run()
        else:
            done = task(self._user)
        if type(done) is _COROUTINE:
            await done
