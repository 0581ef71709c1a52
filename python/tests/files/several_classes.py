# users: 1, requests: 2
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Alice(HttpUser):
    fixed_count = 1

    @task
    def once(self):
        self.client.get("/alice", headers={"X-User": "alice"})
        self.client.get("/alice/2", headers={"X-User": "alice"})
        raise StopUser()
