"""Locust's exceptions."""


class LocustError(Exception):
    pass


class ResponseError(Exception):
    """Raised in a `with` block over a request, it makes the request a failure."""


class CatchResponseError(Exception):
    """What `response.failure("text")` becomes."""


class MissingWaitTimeError(LocustError):
    pass


class InterruptTaskSet(Exception):
    """Ends a TaskSet. The parent goes on at once if `reschedule`, and after its wait time otherwise."""

    def __init__(self, reschedule=True):
        super().__init__(reschedule)
        self.reschedule = reschedule


class StopUser(Exception):
    """Ends the user that raises it."""


class StopTest(Exception):
    """Ends the run."""


class RescheduleTask(Exception):
    """Ends the task; the user waits, and then does another."""


class RescheduleTaskImmediately(Exception):
    """Ends the task; the user does another at once."""


class RPCError(Exception):
    pass


class RPCSendError(Exception):
    pass


class RPCReceiveError(Exception):
    pass


class RunnerAlreadyExistsError(Exception):
    pass
