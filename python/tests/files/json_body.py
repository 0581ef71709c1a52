# requests: 3
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        self.client.post("/json", json={"name": "Ünal", "list": [1, 2.5, None, True]})
        self.client.post("/json", json=[])
        self.client.put("/json", json={"a": {"b": "c"}}, headers={"Content-Type": "application/vnd.api+json"})
        raise StopUser()
