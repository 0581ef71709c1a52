# requests: 4
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @staticmethod
    def fetch(client, path):
        return client.get(path)

    @classmethod
    def make(cls, user):
        return cls.fetch(user.client, "/made")

    def __call__(self, path):
        return self.client.get(path)

    @task
    def once(self):
        self.fetch(self.client, "/static")
        self.make(self)
        self("/call")
        logging.info("file: %s", self.fetch(self.client, "/f-string").status_code)
        raise StopUser()
