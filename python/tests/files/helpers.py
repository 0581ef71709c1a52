# requests: 8
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


def retry(times):
    def decorate(function):
        def wrapper(*args, **kwargs):
            for _ in range(times):
                response = function(*args, **kwargs)
            return response
        return wrapper
    return decorate


class Api:
    def __init__(self, client):
        self.client = client
        self.first = client.get("/init").status_code

    @retry(2)
    def load(self, what):
        return self.client.get("/load/" + what)

    @property
    def token(self):
        return self.client.post("/token").json()["ok"]

    def pages(self, count):
        for number in range(count):
            yield self.client.get("/page/%d" % number).json()["path"]


class Visitor(HttpUser):
    def on_start(self):
        self.api = Api(self.client)

    @task
    def once(self):
        self.api.load("x")
        logging.info("file: %s", self.api.token)
        for path in self.api.pages(2):
            logging.info("file: %s", path)
        logging.info("file: %s", list(self.api.pages(2)))
        raise StopUser()
