from mayfly_python import seam


class Semaphore:
    """Lets `value` in at a time. Who waits goes on when one leaves, of whichever user."""

    def __init__(self, value=1, hub=None):
        if value < 0:
            raise ValueError("semaphore initial value must be >= 0")
        self.counter = value

    def locked(self):
        return self.counter <= 0

    def ready(self):
        return self.counter > 0

    async def acquire(self, blocking=True, timeout=None):
        # Another may have been quicker between the look and the turn.
        while not self.ready():
            if not blocking or not await seam.until(self.ready, timeout):
                return False
        self._take()
        return True

    def _take(self):
        self.counter -= 1

    def release(self):
        self.counter += 1
        return self.counter

    async def wait(self, timeout=None):
        await seam.until(self.ready, timeout)
        return self.counter

    async def mayfly_enter(self):
        await self.acquire()

    def __enter__(self):
        return seam.now(self.acquire())

    def __exit__(self, *args):
        self.release()


class BoundedSemaphore(Semaphore):
    def __init__(self, value=1, hub=None):
        super().__init__(value)
        self._initial_value = value

    def release(self):
        if self.counter >= self._initial_value:
            raise ValueError("Semaphore released too many times")
        return super().release()


class DummySemaphore(Semaphore):
    def ready(self):
        return True


class RLock(Semaphore):
    """Its owner may enter again."""

    def __init__(self, hub=None):
        super().__init__(1)
        self._owner = None
        self._depth = 0

    async def acquire(self, blocking=True, timeout=None):
        # Remembered here: who looks later is the engine.
        me = seam.engine.current_fiber() or self
        while not self._is_free_for(me):
            if not blocking or not await seam.until(lambda: self._is_free_for(me), timeout):
                return False
        self._owner = me
        self._depth += 1
        return True

    def _is_free_for(self, fiber):
        return self._owner is None or self._owner is fiber

    def ready(self):
        return self._owner is None

    def locked(self):
        return self._owner is not None

    def release(self):
        if self._depth == 0:
            raise RuntimeError("cannot release un-acquired lock")
        self._depth -= 1
        if self._depth == 0:
            self._owner = None
