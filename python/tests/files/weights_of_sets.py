# requests: 16
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


from locust import TaskSet


class Visitor(HttpUser):
    class Reading(TaskSet):
        @task
        def read(self):
            self.client.get("/read")
            self.interrupt()

    @task
    class Writing(TaskSet):
        @task
        def write(self):
            self.client.post("/write")
            self.interrupt()

    tasks = {Reading: 3}
