"""What is decided, what is sent, what came of it: the same values everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from slurm_energy.model.job import JobKey


class Action(StrEnum):
    """What we do with a pending job this cycle."""

    LEAVE = "leave"
    """Nothing: its fields stay as they are."""
    RUN = "run"
    """Eligible now (or at the user's own begin), as far as we are concerned."""
    DEFER = "defer"
    """A later begin time, which expires by itself."""
    GO_ON = "go on"
    """A running job that we might stop runs on."""
    STOP = "stop"
    """A running job goes back to the queue and resumes from its checkpoint at a later begin."""


class Reason(StrEnum):
    """Why; the value is the sentence a person reads."""

    UNMANAGED = "not ours: no tag and no site rule matched"
    OPTED_OUT = "energy:off, the user opted out"
    THEIRS = "a person changed this job; it is theirs until it ends"
    RELEASED = "given back to Slurm with slurm-energy release"
    PRIORITY_SET = "somebody set Priority; ordering has no effect on it"
    HELD = "held by its user or an administrator"
    DEPENDENT = "waits for another job"
    RESERVED = "belongs to a reservation"
    INTERACTIVE = "no batch script: srun, salloc or scrontab"
    UNBOUNDED = "has neither time limit nor max_delay"
    HETEROGENEOUS = "heterogeneous jobs are left as they are"
    NOT_ORIGIN = "its origin cluster decides"
    NEVER = "its class is never deferred"
    BEGIN_AHEAD = "its own begin time lies ahead"
    NO_SIGNAL = "no trustworthy signal: left as it is"
    SHORT_SIGNAL = "the signals end before its run would: not put off"
    NO_LEDGER = "the ledger is away: nothing new is put off"
    DEADLINE_NEAR = "its latest start is reached"
    CLEAN_NOW = "now is as good as any later start it may have"
    BUSY = "the queue is not manageable: nothing is put off"
    LIMITS = "close to a job or submit limit: nothing is put off"
    SHARE_SPENT = "as many GPU-hours are put off as the site permits: not put off"
    CLASS_DELAY_SPENT = "the mean delay of its class has reached its budget: not put off"
    ACCOUNT_DELAY_SPENT = "the mean delay of its account has reached its budget: not put off"
    IDLE_SPENT = "as many GPUs stood idle for put-off jobs as the site permits: not put off"
    ACCOUNT_EVEN = "its account has waited as long as its queue alone would make it: it goes now"
    CLEANER_LATER = "a later start before its latest start is better"
    GRID_EVENT = "a grid event is in force: it starts after the event, or at its latest start"
    POWER_LIMIT = "its predicted watts do not fit under the cluster's power limit before"
    DEMAND_CHARGE = "before, it would raise the month's highest draw, which costs more than waiting"
    NOT_STOPPED = "its class, or the job itself, does not allow to stop it while it runs"
    NOT_REQUEUED = "Slurm may not send it back to the queue (Requeue=0)"
    ARRAY = "the tasks of an array are not stopped"
    AWAITED = "another job waits for it"
    ELSEWHERE = "another cluster could resume it, away from its checkpoint"
    JUST_RESUMED = "it has run too short a time since it was resumed"
    NO_CHECKPOINT = "it has stated no checkpoint since it was resumed"
    STRAINED = "the controller is under strain: nothing is stopped"
    NO_LATER = "it could not resume early enough before its latest start"
    WARNED = "it was told to save its state: the stop is carried through"

    @property
    def code(self) -> str:
        """The name as tables and metrics show it, such as ``cleaner-later``."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True)
class Decision:
    """One job, one cycle: the answer with its terms. ``explain`` prints it and computes nothing."""

    key: JobKey
    cycle: int
    action: Action
    reason: Reason
    begin: int | None
    """Begin time that should hold; None: leave it."""
    site_factor: int | None
    """SiteFactor that should hold; None: leave it."""
    latest_start: int | None
    terms: Mapping[str, float | int | str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Update:
    """One change to send: only the fields that are not None. ``rank`` 0 goes first."""

    key: JobKey
    begin: int | None = None
    site_factor: int | None = None
    rank: int = 0
    age_since: int | None = None
    """With a begin time: since when the job would be earning age without us; to remember."""
    stop: bool = False
    """Send a running job back to the queue first; ``begin`` says when it may resume."""
    run_start: int | None = None
    """With a stop: when the run began that is to be stopped; no other run is."""
    warned: int = 0
    """With a stop: when the job was told of it; 0: it is told first, if it asked to be."""


class Fate(StrEnum):
    """What became of an update. Success is only known by reading back."""

    SENT = "sent"
    REFUSED = "refused"
    GONE = "gone"
    UNKNOWN = "unknown"
    """No answer in time: it may or may not have been carried out."""
    RECORDED = "recorded"
    """Shadow: written down, not sent."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An update and its fate."""

    update: Update
    fate: Fate
    detail: str = ""


@dataclass(frozen=True, slots=True)
class JobEnd:
    """How a job ended, as accounting tells it. Times are None where Slurm has none."""

    key: JobKey
    ran_on: str
    """The cluster it ran on; in a federation not always its origin, which the key names."""
    name: str
    user: str
    account: str
    partition: str
    state: str
    eligible: int | None
    start: int | None
    end: int | None
    time_limit: int | None
    gpus: int
    cpus: int
    nodes: int
    admin_comment: str = ""
    energy: int | None = None
    """Joules it consumed, as accounting has them; None where it has none."""
    gpu_type: str = ""
    """The one type of the GPUs it ran on, as gres.conf has it; empty: several, none, or unknown."""


@dataclass(frozen=True, slots=True)
class CycleRecord:
    """One turn in aggregate: one ledger row, one log sentence, one set of metrics."""

    cycle: int
    at: int
    mode: str
    clusters: tuple[str, ...]
    unread: tuple[str, ...]
    """Clusters that could not be read; their jobs were left as they are."""
    pending: int
    managed: int
    deferred: int
    by_class: Mapping[str, int]
    by_reason: Mapping[str, int]
    sent: int
    skipped: int
    """Wanted changes inside the dead band or over the cap."""
    failed: int
    seconds: Mapping[str, float]
    """Phase name to wall seconds: read, decide, apply, account."""
    problems: tuple[str, ...] = ()
