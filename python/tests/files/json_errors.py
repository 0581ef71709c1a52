# requests: 2
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        from json import JSONDecodeError
        try:
            self.client.get("/text").json()
        except JSONDecodeError as error:
            logging.info("file: %s", type(error).__name__)
        try:
            self.client.get("/text").json()
        except ValueError as error:
            logging.info("file: value error")
        raise StopUser()
