"""How many users there are over time, as a file says it."""
from mayfly_python.clock import clock


class LoadTestShapeMeta(type):
    def __new__(mcs, classname, bases, class_dict):
        class_dict["abstract"] = class_dict.get("abstract", False)
        return super().__new__(mcs, classname, bases, class_dict)


class LoadTestShape(metaclass=LoadTestShapeMeta):
    runner = None
    abstract = True
    use_common_options = False

    def __init__(self):
        self.start_time = clock.now()

    def reset_time(self):
        self.start_time = clock.now()

    def get_run_time(self):
        return clock.now() - self.start_time

    def get_current_user_count(self):
        return self.runner.user_count

    def tick(self):
        return None
