"""The environment of a run, as listeners and users see it."""
from .event import Events
from .exception import RunnerAlreadyExistsError
from .runners import LocalRunner
from .stats import RequestStats


class Environment:
    def __init__(self, *, user_classes=None, shape_class=None, tags=None, locustfile=None, exclude_tags=None,
                 events=None, host=None, reset_stats=False, stop_timeout=None, catch_exceptions=True,
                 parsed_options=None, parsed_locustfiles=None, available_user_classes=None,
                 available_shape_classes=None, available_user_tasks=None, dispatcher_class=None, profile=None):
        self.runner = None
        self.web_ui = None
        self.process_exit_code = None
        self.events = events or Events()
        self.locustfile = locustfile
        self.user_classes = user_classes or []
        self.shape_class = shape_class
        self.tags = tags
        self.exclude_tags = exclude_tags
        self.stats = RequestStats()
        self.host = host
        self.reset_stats = reset_stats
        self.stop_timeout = 0.0 if stop_timeout is None else stop_timeout
        self.catch_exceptions = catch_exceptions
        self.parsed_options = parsed_options
        self.parsed_locustfiles = parsed_locustfiles
        self.available_user_classes = available_user_classes
        self.available_shape_classes = available_shape_classes
        self.available_user_tasks = available_user_tasks
        self.profile = profile
        self.worker_logs = {}

    def create_local_runner(self):
        if self.runner is not None:
            raise RunnerAlreadyExistsError("Environment.runner already exists (%s)" % self.runner)
        self.runner = LocalRunner(self)
        if self.shape_class:
            self.shape_class.runner = self.runner
        return self.runner

    @property
    def user_classes_by_name(self):
        return {kind.__name__: kind for kind in self.user_classes}

    def update_user_class(self, user_settings):
        kind = self.user_classes_by_name[user_settings.get("user_class_name")]
        for key, value in user_settings.items():
            if key == "tasks":
                kind.tasks = [item for item in kind.tasks if item.__name__ in value]
            elif key != "user_class_name":
                setattr(kind, key, value)
