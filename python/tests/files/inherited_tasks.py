# requests: 12
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Base(HttpUser):
    abstract = True

    @task
    def base(self):
        self.client.get("/base")


class Visitor(Base):
    @task
    def own(self):
        self.client.get("/own")
