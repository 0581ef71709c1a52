# requests: 2
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


from locust import events


@events.user_error.add_listener
def broke(user_instance, exception, tb, **kwargs):
    logging.info("file: %s %s %s", type(user_instance).__name__, exception, tb is not None)


class Visitor(HttpUser):
    count = 0

    @task
    def breaks(self):
        self.count += 1
        self.client.get("/a")
        if self.count == 2:
            raise StopUser()
        raise ValueError("bad")
