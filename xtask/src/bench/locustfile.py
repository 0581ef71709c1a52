"""What `cargo xtask bench locustfile` has Locust and Mayfly run."""
from locust import FastHttpUser, HttpUser, constant, task


class Fast(FastHttpUser):
    wait_time = constant(0)

    @task
    def index(self):
        self.client.get("/")


class Plain(HttpUser):
    wait_time = constant(0)

    @task
    def index(self):
        self.client.get("/")
