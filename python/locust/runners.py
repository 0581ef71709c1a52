"""The runner, as a file sees it. The core runs the users; here is what it says of them, and how to end the run."""
import logging

from gevent.pool import Group
from mayfly_python import seam

logger = logging.getLogger(__name__)
STATE_INIT, STATE_SPAWNING, STATE_RUNNING, STATE_CLEANUP, STATE_STOPPING, STATE_STOPPED, STATE_MISSING = [
    "ready", "spawning", "running", "cleanup", "stopping", "stopped", "missing"]


class Runner:
    def __init__(self, environment):
        self.environment = environment
        self.state = STATE_INIT
        self.target_user_count = 0
        self.spawn_rate = 0
        self.exceptions = {}
        self.custom_messages = {}
        self.greenlet = Group()
        self.user_greenlets = Group()
        # As the core says, which knows of all children; None until it does.
        self._users = None

    @property
    def user_count(self):
        return seam.engine.count_users() if self._users is None else self._users

    @property
    def user_classes_count(self):
        return seam.engine.count_users_by_class()

    @property
    def user_classes(self):
        return self.environment.user_classes

    @property
    def user_classes_by_name(self):
        return self.environment.user_classes_by_name

    @property
    def stats(self):
        return self.environment.stats

    @property
    def errors(self):
        return self.environment.stats.errors

    @property
    def cpu_warning_emitted(self):
        return False

    def start(self, user_count, spawn_rate, wait=False, user_classes=None):
        logger.warning("runner.start() does nothing here: users and spawn rate are the run's own")

    def stop(self):
        seam.engine.quit()

    def quit(self):
        seam.engine.quit()

    def register_message(self, msg_type, listener, concurrent=False):
        self.custom_messages[msg_type] = listener

    def send_message(self, msg_type, data=None, client_id=None):
        """Messages go to who registered for them in this process."""
        listener = self.custom_messages.get(msg_type)
        if listener is None:
            logger.warning("nobody registered for the message %s", msg_type)
            return
        seam.engine.run_listener(listener(environment=self.environment, msg=Message(msg_type, data, "local")))

    def log_exception(self, node_id, msg, formatted_tb):
        key = hash(formatted_tb)
        row = self.exceptions.setdefault(key, {"count": 0, "msg": msg, "traceback": formatted_tb, "nodes": set()})
        row["count"] += 1
        row["nodes"].add(node_id)


class Message:
    def __init__(self, message_type, data, node_id):
        self.type = message_type
        self.data = data
        self.node_id = node_id


class LocalRunner(Runner):
    client_id = "local"

    @property
    def worker_index(self):
        """Which process this is, from 0."""
        return seam.engine.process

    @property
    def worker_count(self):
        return seam.engine.processes


class DistributedRunner(Runner):
    pass


class MasterRunner(DistributedRunner):
    """For `isinstance`: no run here has one."""


class WorkerRunner(DistributedRunner):
    """For `isinstance`: no run here has one."""
