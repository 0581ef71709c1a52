# requests: 4
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


from locust import TaskSet


class Visitor(HttpUser):
    wait_time = constant(0)
    rounds = 0

    @task
    class Inner(TaskSet):
        @task
        def leave(self):
            self.user.rounds += 1
            self.client.get("/round/%d" % self.user.rounds)
            self.interrupt(reschedule=False)
