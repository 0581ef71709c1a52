# requests: 9
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


from contextlib import contextmanager


@contextmanager
def deal(client):
    client.post("/begin")
    try:
        yield "inside"
    except ValueError:
        client.post("/failed")
    finally:
        client.post("/end")


class Cart:
    def __init__(self, client):
        self.client = client

    def __enter__(self):
        self.client.post("/cart")
        return self

    def __exit__(self, kind, error, tb):
        self.client.delete("/cart")
        return kind is KeyError


class Visitor(HttpUser):
    @task
    def once(self):
        with deal(self.client) as where:
            self.client.get("/" + where)
        with deal(self.client):
            raise ValueError("inside")
        with Cart(self.client) as cart:
            cart.client.get("/in")
            raise KeyError("swallowed")
        raise StopUser()
