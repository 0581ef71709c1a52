# requests: 20
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task(3)
    def often(self):
        self.client.get("/often")

    @task
    def seldom(self):
        self.client.get("/seldom")

    @task(0)
    def never(self):
        self.client.get("/never")
