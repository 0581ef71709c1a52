# requests: 3
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    def on_start(self):
        logging.info("file: start")
        self.client.post("/login", json={"user": "u"})

    def on_stop(self):
        logging.info("file: stop")
        self.client.post("/logout")

    @task
    def once(self):
        self.client.get("/in")
        raise StopUser()
