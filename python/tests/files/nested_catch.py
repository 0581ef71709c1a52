# requests: 4
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        with self.client.get("/outer", catch_response=True) as outer:
            with self.client.get("/inner", catch_response=True) as inner:
                inner.failure("inner is bad")
            self.client.get("/between")
            outer.success()
        self.client.get("/after")
        raise StopUser()
