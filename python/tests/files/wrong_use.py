# requests: 3
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        try:
            self.client.get("/a").success()
        except Exception as error:
            logging.info("file: %s", type(error).__name__)
        try:
            with self.client.get("/b") as response:
                pass
        except Exception as error:
            logging.info("file: %s", type(error).__name__)
        self.client.get("/c")
        raise StopUser()
