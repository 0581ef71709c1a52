# requests: 7
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        self.client.get("/item/1", name="/item/[id]")
        self.client.get("/item/2?x=1")
        self.client.get("/item", params={"id": 3})
        self.client.request_name = "grouped"
        self.client.get("/item/4")
        self.client.get("/item/5", name="own")
        self.client.request_name = None
        with self.client.rename_request("renamed"):
            self.client.get("/item/6")
        self.client.get("/item/7")
        raise StopUser()
