"""What happens when: a heap of actions by (time, sequence), so that every run plays alike."""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush

Action = Callable[..., None]


class EventHeap:
    """Actions to be done at a moment; those of one moment in the order they were asked for."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Action, tuple[int, ...]]] = []
        self._sequence = 0

    def at(self, time: int, action: Action, *arguments: int) -> None:
        """Do ``action(*arguments)`` at ``time``, in seconds since the epoch."""
        self._sequence += 1
        heappush(self._heap, (time, self._sequence, action, arguments))

    def next_time(self) -> int | None:
        """When the next action is due; None where nothing is left to happen."""
        return self._heap[0][0] if self._heap else None

    def due(self, now: int) -> Iterator[tuple[Action, tuple[int, ...]]]:
        """The actions due at or before ``now``, those included that are asked for meanwhile."""
        while self._heap and self._heap[0][0] <= now:
            _, _, action, arguments = heappop(self._heap)
            yield action, arguments
