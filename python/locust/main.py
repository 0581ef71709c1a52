"""The command is Mayfly's: this is for files that import names from here."""
from . import __version__ as version
from .user import User


def is_user_class(item):
    return isinstance(item, type) and issubclass(item, User) and item.abstract is False
