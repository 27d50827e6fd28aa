"""What is told of arrays: of one task that was asked about, and of the tasks that wait."""

from collections.abc import Mapping
from typing import Any

from slurm_energy.cli.context import Screen
from slurm_energy.cli.words import duration, wrapped

ARRAY_TERMS = ("tasks", "tasks_at_once", "waves")


def task(job: int, told: Mapping[str, Any] | None, screen: Screen) -> list[str]:
    """Where the task that was asked about is; nothing for a whole job."""
    if told is None:
        return []
    return wrapped(f"  task {job}_{told['number']}: {_where(told)}", screen.width)


def _where(told: Mapping[str, Any]) -> str:
    if told["state"] is None:
        return (
            "no record shows it: it ended, never was, or the list of tasks is too long to be "
            "shown; what follows is of the whole job"
        )
    if told["place"] is not None:
        return (
            f"number {told['place']} of the {told['waiting']} that wait, in the order in which "
            "Slurm starts them; one record stands for them all, so what follows is of them all"
        )
    return f"{told['state'].lower()}, as job {told['job']} of its own"


def array(terms: Mapping[str, Any], screen: Screen) -> list[str]:
    """How many tasks wait, how many may run at once, and what is promised to the last one."""
    count = terms.get("tasks")
    if count is None:
        return []
    waves = terms.get("waves") or 1
    rounds = "all at once" if waves == 1 else f"{terms['tasks_at_once']} at once in {waves} rounds"
    told = f"{count} tasks wait, {rounds}; {_promised(terms, waves)}; power is told of one task"
    return wrapped(f"  array: {told}", screen.width)


def _promised(terms: Mapping[str, Any], waves: int) -> str:
    limit = terms.get("time_limit")
    if terms.get("deadline") is None and terms.get("slurm_deadline") is None:
        return "its latest start is that of the first; the others follow as Slurm finds room"
    if waves == 1 or limit is None:
        return "its latest start leaves each of them time until the deadline"
    return (
        f"its latest start leaves time for {waves} runs of {duration(limit)} one after the other, "
        "so that the last task, too, keeps the deadline"
    )
