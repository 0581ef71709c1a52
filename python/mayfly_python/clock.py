"""The time of the run, which the core says, and which a file sees.

Within a frame time stands still, so that a run is the same each time. It flows only for files that measure by
themselves, whose calls take real time.
"""
import time as _time

real_perf_counter = _time.perf_counter
real_time = _time.time


class Clock:
    def __init__(self):
        # Unix time at the start of the run, in seconds.
        self.started = real_time()
        self.flows = False
        self._run_time = 0.0
        self._set_at = real_perf_counter()

    def set(self, run_time):
        """What the core says at the beginning of a frame."""
        self._run_time = run_time
        if self.flows:
            self._set_at = real_perf_counter()

    def now(self):
        """Seconds since the start of the run."""
        if self.flows:
            return self._run_time + real_perf_counter() - self._set_at
        return self._run_time

    def unix(self):
        """Seconds since 1970."""
        return self.started + self.now()


clock = Clock()
