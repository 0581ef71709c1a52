# requests: 5
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


from locust import TaskSet


class Visitor(HttpUser):
    @task
    class Outer(TaskSet):
        def on_start(self):
            self.client.get("/outer/start")

        def on_stop(self):
            logging.info("file: outer stop")

        @task
        class Inner(TaskSet):
            count = 0

            def on_start(self):
                logging.info("file: inner start %s %s", type(self.parent).__name__, type(self.user).__name__)

            @task
            def go(self):
                self.count += 1
                self.client.get("/inner/%d" % self.count)
                if self.count == 2:
                    self.interrupt()

            def on_stop(self):
                logging.info("file: inner stop")
