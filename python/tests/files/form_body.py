# requests: 4
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        self.client.post("/form", data={"a": "1 2", "b": ["x", "y"], "c": None, "d": "ü&="})
        self.client.post("/form", data=[("a", "1"), ("a", "2")])
        self.client.post("/form", data="raw=1", headers={"Content-Type": "application/x-www-form-urlencoded"})
        self.client.post("/form", data="täxt")
        raise StopUser()
