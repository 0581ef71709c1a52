"""A TaskSet that does its tasks in the order in which they are written."""
from itertools import cycle

from .task import TaskSet, TaskSetMeta, _no_tasks, _times, _weight


class SequentialTaskSetMeta(TaskSetMeta):
    def __new__(mcs, classname, bases, class_dict):
        tasks = []
        for base in bases:
            tasks += getattr(base, "tasks", None) or []
        for name, item in class_dict.items():
            if name == "tasks":
                if not isinstance(item, (list, dict)):
                    raise ValueError("`tasks` of %s must be a list or a dict" % classname)
                tasks += item if isinstance(item, list) else _times(item)
            tasks += [item] * _weight(item)
        class_dict["tasks"] = tasks
        return type.__new__(mcs, classname, bases, class_dict)


class SequentialTaskSet(TaskSet, metaclass=SequentialTaskSetMeta):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._task_cycle = cycle(self.tasks)

    def get_next_task(self):
        if not self.tasks:
            raise _no_tasks(self)
        return next(self._task_cycle)
