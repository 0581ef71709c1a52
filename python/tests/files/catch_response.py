# requests: 7
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        with self.client.get("/a", catch_response=True) as response:
            response.failure("by hand")
        with self.client.get("/status/404", catch_response=True) as response:
            response.success()
        with self.client.get("/status/404", catch_response=True) as response:
            pass
        with self.client.get("/b", catch_response=True) as response:
            if response.json()["ok"]:
                response.success()
        with self.client.get("/c", catch_response=True) as response:
            response.failure("first")
            response.failure("second")
        with self.client.get("/d", catch_response=True) as response:
            response.failure(ValueError("an exception"))
        with self.client.get("/e", catch_response=True) as response:
            response.failure("then")
            response.success()
        raise StopUser()
