# requests: 2
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        self.client.headers["X-Session"] = "s"
        self.client.headers.update({"X-Two": "2"})
        self.client.get("/h", headers={"X-Own": "o", "x-two": "over"})
        self.client.get("/h", headers={"X-Session": None})
        logging.info("file: %s %s", self.client.headers["x-session"], "X-TWO" in self.client.headers)
        raise StopUser()
