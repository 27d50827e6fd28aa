"""From one request line to one answer line: what may be asked, and who may see it."""

import json
import pwd
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slurm_energy.application import Application
from slurm_energy.errors import DaemonUnavailable, InputError, NotPermitted, SlurmEnergyError
from slurm_energy.model.job import JobKey
from slurm_energy.ports import Clock
from slurm_energy.service import answers, signalanswers
from slurm_energy.service.answers import Answer, Process, Viewer
from slurm_energy.service.board import Board
from slurm_energy.service.explain import explain
from slurm_energy.service.released import note_release
from slurm_energy.service.tasks import Asked
from slurm_energy.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS: tuple[tuple[type[SlurmEnergyError], str], ...] = (
    (InputError, "input"),
    (NotPermitted, "denied"),
    (DaemonUnavailable, "unavailable"),
    (SlurmEnergyError, "failed"),
)
"""Kinds of error, as they travel; the first that fits."""


@dataclass(slots=True)
class Desk:
    """What the query server answers from; a reload replaces ``application``."""

    application: Application
    board: Board
    clock: Clock

    def answer(self, line: bytes, uid: int) -> bytes:
        """One answer line for one request line of the user ``uid``; an error is an answer too."""
        try:
            answer = self._ask(_parsed(line), uid)
        except SlurmEnergyError as error:
            kind = next(kind for of, kind in KINDS if isinstance(error, of))
            answer = {"error": " ".join(str(error).split()), "kind": kind}
        return json.dumps(answer, separators=(",", ":"), allow_nan=False).encode() + b"\n"

    def _ask(self, request: dict[str, Any], uid: int) -> Answer:
        asked = request.get("ask")
        questions: dict[str, Callable[[], Answer]] = {
            "status": self._status,
            "queue": lambda: answers.queue(
                self._turn(), self._viewer(uid), self.application.cycle.world.annotate
            ),
            "explain": lambda: explain(
                self.board.turn,
                Asked(_job_id(request), _task(request)),
                self._viewer(uid),
                self.application.memory,
                self.application.cycle.world.annotate,
            ),
            "released": lambda: note_release(
                self._turn(),
                _job_keys(request),
                Viewer(_user(uid), sees_all=uid == 0),
                self.application.memory,
                self.clock.now(),
            ),
            "signals": lambda: signalanswers.signals(self._turn(), self.application.sources()),
        }
        question = questions.get(asked) if isinstance(asked, str) else None
        if question is None:
            raise InputError(f"ask={asked!r:.40} is no question; allowed: {', '.join(questions)}")
        return question()

    def _status(self) -> Answer:
        app = self.application
        settings = app.cycle.settings
        process = Process(
            now=self.clock.now(),
            started=self.board.started,
            mode=settings.mode,
            interval=settings.interval,
            released=app.released.reason(),
            cycles=self.board.cycles,
            failures=self.board.failures,
            backlog=app.backlog(),
            restarts=app.restarts(),
            webhook=None if app.webhook is None else {"problem": app.webhook.bearer.problem()},
        )
        return answers.status(self.board.turn, process)

    def _turn(self) -> Turn:
        if self.board.turn is None:
            raise DaemonUnavailable("the daemon has completed no turn yet; ask again in a moment")
        return self.board.turn

    def _viewer(self, uid: int) -> Viewer:
        return Viewer(_user(uid), self.application.may_see_all(uid))


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict):
        raise InputError('a request is one line of JSON, such as {"ask": "status"}')
    return request


def _job_id(request: dict[str, Any]) -> int:
    job_id = request.get("job")
    if not isinstance(job_id, int) or isinstance(job_id, bool) or not 0 < job_id < 2**32:
        raise InputError(f"job={job_id!r:.40} is no job id; give a whole number such as 4711")
    return job_id


def _task(request: dict[str, Any]) -> int | None:
    task = request.get("task")
    if task is None:
        return None
    if not isinstance(task, int) or isinstance(task, bool) or not 0 <= task < 2**32:
        raise InputError(f"task={task!r:.40} is no array task; give a whole number such as 4")
    return task


def _job_keys(request: dict[str, Any]) -> list[JobKey]:
    jobs = request.get("jobs")
    try:
        return [JobKey(str(cluster), int(job), int(submit)) for cluster, job, submit in jobs or ()]
    except (TypeError, ValueError):
        msg = f"jobs={jobs!r:.40} are no jobs; give [cluster, job id, submit time] of each"
        raise InputError(msg) from None


def _user(uid: int) -> str | None:
    """The name that Slurm shows for a uid; None for one without a name, who then has no jobs."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None
