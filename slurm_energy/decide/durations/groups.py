"""The groups of ended jobs that run times are learned from, within bounds."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from slurm_energy.decide.durations.lesson import Lesson
from slurm_energy.decide.durations.likeness import Chain, GroupKey
from slurm_energy.decide.durations.recent import Recent


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is remembered."""

    narrow: int = 256
    """Newest runs of a group of one user or one name. Fewer would follow him faster, but of a
    thousand tasks that started together the last to end are the longest.
    """
    wide: int = 4096
    """Newest runs of a group of many users."""
    groups: int = 50_000
    """Groups; past that the half without news for the longest is forgotten."""
    shapes: int = 20_000
    """Distributions told apart at a time; of more, the names are not looked at."""


@dataclass(slots=True)
class Group:
    """Runs of like jobs, and the rows of a table that rest on them."""

    runs: Recent
    rows: list[int] = field(default_factory=list)


class Groups:
    """Every group there is news of, or a pending job in."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._groups: dict[GroupKey, Group] = {}

    def runs(self, key: GroupKey | None) -> Recent | None:
        """What ended in this group; None while nothing did."""
        found = None if key is None else self._groups.get(key)
        return found.runs if found is not None and len(found.runs) else None

    def rest(self, row: int, chain: Chain) -> None:
        """From now on this row rests on these groups."""
        for key in chain:
            if key is not None:
                self._group(key).rows.append(row)

    def learn(self, chain: Chain, lesson: Lesson, kind: int = 0, was: int = 0) -> Sequence[int]:
        """The rows that rest on what now says something else.

        ``kind`` codes the GPU type, ``was`` that of what the lesson stands instead of.
        """
        stale: list[int] = []
        for key in chain:
            if key is not None:
                group = self._group(key)
                if _taken(group.runs, lesson, kind, was):
                    stale += group.rows
        return stale

    @property
    def overfull(self) -> bool:
        """Whether it is time to :meth:`forget`."""
        return len(self._groups) > self._bounds.groups

    def release(self) -> None:
        """No row rests on any group any more; groups without a run are gone."""
        for key in [key for key, one in self._groups.items() if not len(one.runs)]:
            del self._groups[key]
        for group in self._groups.values():
            group.rows.clear()

    def forget(self) -> None:
        """Keep the half with the newest ends; no row rests on any of them afterwards."""
        ranked = sorted(self._groups.items(), key=lambda one: one[1].runs.newest, reverse=True)
        self._groups = {key: Group(one.runs) for key, one in ranked[: self._bounds.groups // 2]}

    def _group(self, key: GroupKey) -> Group:
        found = self._groups.get(key)
        if found is None:
            most = self._bounds.wide if key.wide else self._bounds.narrow
            found = self._groups[key] = Group(Recent(most))
        return found


def _taken(runs: Recent, lesson: Lesson, kind: int, was: int) -> bool:
    """Take it in, or put it in its old place; whether the group now says something else."""
    old = lesson.instead
    if old is not None and not runs.drop(old.end, old.run, cut_short=old.cut_short, kind=was):
        return False
    return runs.add(lesson.end, lesson.run, cut_short=lesson.cut_short, kind=kind)
