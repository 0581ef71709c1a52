"""Three pages of a small API, which `mayfly demo-api` serves:

mayfly -f examples/locust.py --headless --users 50 --spawn-rate 2 -H http://localhost:5000
"""
from locust import HttpUser, between, task


class Visitor(HttpUser):
    wait_time = between(1, 3)

    @task(3)
    def index(self):
        self.client.get("/")

    @task(2)
    def square(self):
        with self.client.get("/square", catch_response=True) as response:
            if response.ok and response.json()[12] != 144:
                response.failure("12 squared is not 144")

    @task
    def cube(self):
        self.client.get("/cube")
