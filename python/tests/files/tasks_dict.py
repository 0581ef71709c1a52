# requests: 16
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


def first(user):
    user.client.get("/first")


def second(user):
    user.client.get("/second")


class Visitor(HttpUser):
    tasks = {first: 1, second: 3}
