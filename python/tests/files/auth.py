# requests: 3
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        self.client.get("/auth", auth=("user", "pass"))
        self.client.auth = ("session", "secret")
        self.client.get("/auth")
        from requests.auth import HTTPBasicAuth
        self.client.get("/auth", auth=HTTPBasicAuth("object", "pass"))
        raise StopUser()
