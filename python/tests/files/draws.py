# requests: 3
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        import random
        import uuid
        self.client.get("/%d/%s/%.6f" % (random.randint(1, 10**9), random.choice("abcdef"), random.uniform(1, 2)))
        self.client.post("/draw", json=[random.sample(range(50), 5), random.choices("xyz", k=4), random.getrandbits(70)])
        self.client.get("/" + uuid.uuid4().hex)
        raise StopUser()
