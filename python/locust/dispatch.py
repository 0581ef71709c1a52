"""Which users are spawned when is decided by the core."""


class UsersDispatcher:
    """For files that name it; the core deals users as Locust's does."""

    def __init__(self, *args, **kwargs):
        raise ImportError("locust.dispatch: the core decides which users are spawned; a dispatcher of the file's own "
                          "cannot take its place")
