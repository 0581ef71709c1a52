"""A TaskSet in which each task says which may follow it, and how often."""
import logging
import random

from ..exception import LocustError
from .task import TaskSet, TaskSetMeta

logger = logging.getLogger(__name__)


class NoMarkovTasksError(LocustError):
    pass


class InvalidTransitionError(LocustError):
    pass


class NonMarkovTaskTransitionError(LocustError):
    pass


class MarkovTaskTagError(LocustError):
    pass


def is_markov_task(item):
    return "transitions" in dir(item)


def transition(func_name, weight=1):
    """`func_name` may follow the task."""
    return transitions({func_name: weight})


def transitions(weights):
    """All names in a dict of weights, or in a list of names or of pairs with weights, may follow the task."""

    def decorate(item):
        if not hasattr(item, "transitions"):
            item.transitions = {}
        pairs = weights.items() if isinstance(weights, dict) else [
            pair if isinstance(pair, tuple) else (pair, 1) for pair in weights]
        item.transitions.update(pairs)
        return item

    return decorate


def get_markov_tasks(class_dict):
    return [item for item in class_dict.values() if is_markov_task(item)]


def _check(tasks, class_dict, classname):
    if not tasks:
        raise NoMarkovTasksError("%s has no method with @transition or @transitions" % classname)
    for item in tasks:
        for name in item.transitions:
            if not class_dict.get(name):
                raise InvalidTransitionError("%s.%s may be followed by %s, which is not there"
                                             % (classname, item.__name__, name))
            if not is_markov_task(class_dict[name]):
                raise NonMarkovTaskTransitionError("%s.%s may be followed by %s, which has no transitions itself"
                                                   % (classname, item.__name__, name))
        if item.__name__ == "run":
            raise Exception("run() is how Locust runs a set: it cannot have transitions")
        if "locust_tag_set" in dir(item):
            raise MarkovTaskTagError("%s.%s has tags, which a MarkovTaskSet cannot leave out" % (classname, item.__name__))
    unreachable = {item.__name__ for item in tasks} - _reachable(tasks[0].__name__, class_dict)
    if unreachable:
        logger.warning("nothing leads to these tasks of %s: %s", classname, unreachable)


def _reachable(name, class_dict):
    seen, waiting = set(), [name]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += [next_name for next_name, weight in class_dict[name].transitions.items() if weight]
    return seen


class MarkovTaskSetMeta(TaskSetMeta):
    def __new__(mcs, classname, bases, class_dict):
        if not class_dict.get("abstract"):
            class_dict["abstract"] = False
            tasks = get_markov_tasks(class_dict)
            _check(tasks, class_dict, classname)
            class_dict["current"] = tasks[0]
            for item in tasks:
                item.transitions = [name for name, weight in item.transitions.items() for _ in range(weight)]
        return super().__new__(mcs, classname, bases, class_dict)


class MarkovTaskSet(TaskSet, metaclass=MarkovTaskSetMeta):
    abstract = True

    def get_next_task(self):
        item = self.current
        self.current = getattr(self, random.choice(item.transitions))
        return item
