"""What Locust finds in a file."""
from ..shape import LoadTestShape
from ..user import User


def is_user_class(item):
    return isinstance(item, type) and issubclass(item, User) and item.abstract is False


def is_shape_class(item):
    return isinstance(item, type) and issubclass(item, LoadTestShape) and not item.abstract
