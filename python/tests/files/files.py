# requests: 2
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        self.client.post("/upload", files={"file": ("a.txt", b"content", "text/plain")}, data={"field": "value"})
        self.client.post("/upload", files=[("f", ("b.bin", b"\x00\x01")), ("g", "just text")])
        raise StopUser()
