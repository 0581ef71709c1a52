# requests: 5
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


from locust import TaskSet, between


class Visitor(HttpUser):
    wait_time = between(1, 5)
    count = 0

    @task
    class Inner(TaskSet):
        def wait_time(self):
            return 2.5

        @task
        def go(self):
            self.user.count += 1
            self.client.get("/%d" % self.user.count)
            if self.user.count % 2 == 0:
                self.interrupt(reschedule=False)
