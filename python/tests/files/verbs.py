# requests: 8
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        self.client.get("/a")
        self.client.post("/b", "text")
        self.client.put("/c", b"bytes")
        self.client.patch("/d", {"k": "v"})
        self.client.delete("/e")
        self.client.head("/f")
        self.client.options("/g")
        self.client.request("GET", "/h")
        raise StopUser()
