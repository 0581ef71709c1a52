# requests: 1
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


from locust import events


@events.test_start.add_listener
def started(environment, **kwargs):
    logging.info("file: test start %s", type(environment.runner).__name__)


@events.init.add_listener
def initialized(environment, runner, web_ui, **kwargs):
    environment.own = 5
    logging.info("file: init %s", web_ui)


class Visitor(HttpUser):
    @task
    def once(self):
        logging.info("file: own %s", self.environment.own)
        self.client.get("/a")
        raise StopUser()
