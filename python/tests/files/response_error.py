# requests: 3
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        from locust.exception import ResponseError
        with self.client.get("/a", catch_response=True):
            raise ResponseError("raised")
        with self.client.get("/b", catch_response=True, name="named"):
            raise ResponseError("again")
        self.client.get("/c")
        raise StopUser()
