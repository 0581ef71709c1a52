from .greenlet import Greenlet, GreenletExit, joinall, killall


class Group:
    """Greenlets that one waits for, or ends, together."""

    greenlet_class = Greenlet

    def __init__(self, *greenlets):
        self.greenlets = list(greenlets)

    def __len__(self):
        return len(self._running())

    def __iter__(self):
        return iter(self._running())

    def __contains__(self, greenlet):
        return greenlet in self._running()

    def __bool__(self):
        return True

    def _running(self):
        self.greenlets = [greenlet for greenlet in self.greenlets if not greenlet.ready()]
        return self.greenlets

    def add(self, greenlet):
        self.greenlets.append(greenlet)

    def discard(self, greenlet):
        if greenlet in self.greenlets:
            self.greenlets.remove(greenlet)

    def start(self, greenlet):
        self.add(greenlet)
        greenlet.start()

    def spawn(self, run, *args, **kwargs):
        greenlet = self.greenlet_class(run, *args, **kwargs)
        self.start(greenlet)
        return greenlet

    async def join(self, timeout=None, raise_error=False):
        await joinall(self._running(), timeout, raise_error)
        return not self._running()

    def kill(self, exception=GreenletExit, block=True, timeout=None):
        killall(self._running(), exception)

    def killone(self, greenlet, exception=GreenletExit, block=True, timeout=None):
        greenlet.kill(exception)

    async def map(self, func, *iterables):
        greenlets = [self.spawn(func, *args) for args in zip(*iterables)]
        await joinall(greenlets, raise_error=True)
        return [greenlet.value for greenlet in greenlets]

    async def imap(self, func, *iterables, **kwargs):
        return iter(await self.map(func, *iterables))

    imap_unordered = imap

    async def apply(self, func, args=None, kwds=None):
        return await self.spawn(func, *(args or ()), **(kwds or {})).get()

    def apply_async(self, func, args=None, kwds=None, callback=None):
        greenlet = self.spawn(func, *(args or ()), **(kwds or {}))
        if callback is not None:
            greenlet.link(lambda done: callback(done.value))
        return greenlet

    def map_async(self, func, iterable, callback=None):
        return self.spawn(self.map, func, iterable)


class Pool(Group):
    """A group of which at most `size` run at a time; the others wait for their turn."""

    def __init__(self, size=None, greenlet_class=None):
        super().__init__()
        self.size = size
        self._at_work = 0

    def start(self, greenlet):
        if self.size is not None:
            greenlet._gate = self._take
            greenlet._links.append(self._left)
        super().start(greenlet)

    def _take(self):
        if self._at_work >= self.size:
            return False
        self._at_work += 1
        return True

    def _left(self, greenlet):
        self._at_work -= 1

    def free_count(self):
        return 1 if self.size is None else max(0, self.size - len(self))

    def full(self):
        return self.free_count() <= 0

    async def wait_available(self, timeout=None):
        from mayfly_python import seam
        return await seam.until(lambda: not self.full(), timeout)
