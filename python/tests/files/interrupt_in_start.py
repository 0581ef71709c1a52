# requests: 4
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


from locust import TaskSet


class Visitor(HttpUser):
    rounds = 0

    @task
    class Inner(TaskSet):
        def on_start(self):
            self.user.rounds += 1
            self.client.get("/start/%d" % self.user.rounds)
            if self.user.rounds < 3:
                self.interrupt()

        @task
        def stay(self):
            self.client.get("/stay")
            raise StopUser()
