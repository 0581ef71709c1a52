import heapq
from collections import deque
from queue import Empty, Full

from mayfly_python import seam


class Queue:
    def __init__(self, maxsize=None, items=(), unfinished_tasks=None):
        self.maxsize = maxsize if maxsize and maxsize > 0 else None
        self.queue = self._made(items)
        self.unfinished_tasks = len(self.queue)

    def _made(self, items):
        return deque(items)

    def _put(self, item):
        self.queue.append(item)

    def _get(self):
        return self.queue.popleft()

    def qsize(self):
        return len(self.queue)

    __len__ = qsize

    def __bool__(self):
        return True

    def empty(self):
        return not self.queue

    def full(self):
        return self.maxsize is not None and len(self.queue) >= self.maxsize

    def put_nowait(self, item):
        if self.full():
            raise Full
        self._put(item)
        self.unfinished_tasks += 1

    def get_nowait(self):
        if self.empty():
            raise Empty
        return self._get()

    async def put(self, item, block=True, timeout=None):
        while self.full():
            if not block or not await seam.until(lambda: not self.full(), timeout):
                raise Full
        self.put_nowait(item)

    async def get(self, block=True, timeout=None):
        while self.empty():
            if not block or not await seam.until(lambda: not self.empty(), timeout):
                raise Empty
        return self._get()

    def peek_nowait(self):
        if self.empty():
            raise Empty
        return self.queue[0]

    def task_done(self):
        self.unfinished_tasks -= 1

    async def join(self, timeout=None):
        return await seam.until(lambda: self.unfinished_tasks <= 0, timeout)


SimpleQueue = JoinableQueue = Queue


class LifoQueue(Queue):
    def _get(self):
        return self.queue.pop()


class PriorityQueue(Queue):
    def _made(self, items):
        items = list(items)
        heapq.heapify(items)
        return items

    def _put(self, item):
        heapq.heappush(self.queue, item)

    def _get(self):
        return heapq.heappop(self.queue)


__all__ = ["Empty", "Full", "JoinableQueue", "LifoQueue", "PriorityQueue", "Queue", "SimpleQueue"]
