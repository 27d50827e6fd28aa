"""A small world for the cycle: fake clusters, a ledger in memory, every part replaceable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from slurm_energy.cycle import Cycle
from slurm_energy.decide.durations.runtimes import History
from slurm_energy.errors import LedgerUnavailable
from slurm_energy.ledger.waits import WaitsQuestion
from slurm_energy.model.budget import Spent
from slurm_energy.model.contract import Annotation, Contract, WorkloadClass
from slurm_energy.model.held import Held
from slurm_energy.model.job import JobKey
from slurm_energy.model.lease import Lease
from slurm_energy.model.policy import Policy
from slurm_energy.model.rates import ClusterRates
from slurm_energy.model.rules import Rules
from slurm_energy.model.series import ClusterSignals
from slurm_energy.slurm import annotation as group
from slurm_energy.slurm.agreement import Agreement
from slurm_energy.world import CycleSettings, World
from tests.builders import HOUR, make_annotation, make_contract, make_signals, some
from tests.fakes import FakeClock, FakeCluster
from tests.fakes_ledger import MemoryLedger

DIRTY_THEN_CLEAN: ClusterSignals = make_signals(
    [400.0] * 3 + [100.0] * 69, [90.0] * 3 + [30.0] * 69
)
"""Three dirty and dear hours from noon on, then three clean and cheap days."""


class GivenSignals:
    """Signals as a test sets them."""

    def __init__(self, signals: Mapping[str, ClusterSignals]) -> None:
        self.now: Mapping[str, ClusterSignals] = signals

    def read(self, now: int) -> Mapping[str, ClusterSignals]:  # noqa: ARG002
        return self.now


class GivenLead:
    """A lead that a test gives and takes; it may be lost between deciding and applying."""

    def __init__(self, *, leads: bool = True) -> None:
        self.leads = leads
        self.lost_meanwhile = False

    def acquire(self) -> bool:
        return self.leads

    def holding(self) -> bool:
        return self.leads and not self.lost_meanwhile

    def release(self) -> None:
        self.leads = False


class KeptHeld:
    """Memory that survives a cycle, and may be out of reach."""

    def __init__(self) -> None:
        self.saved: Mapping[JobKey, Held] = {}
        self.away = False

    def load(self) -> Mapping[JobKey, Held]:
        self._answer()
        return self.saved

    def save(self, held: Mapping[JobKey, Held]) -> None:
        self._answer()
        self.saved = dict(held)

    def _answer(self) -> None:
        if self.away:
            raise LedgerUnavailable("the database is away")


class KeptSpent:
    """What is spent of the budgets, as the ledger keeps it: without the jobs put off now."""

    def __init__(self) -> None:
        self.saved: Mapping[str, Spent] = {}
        self.away = False

    def load(self) -> Mapping[str, Spent]:
        if self.away:
            raise LedgerUnavailable("the database is away")
        return self.saved

    def save(self, spent: Mapping[str, Spent]) -> None:
        if self.away:
            raise LedgerUnavailable("the database is away")
        self.saved = {
            name: replace(one, open={}, asked=None, came=None) for name, one in spent.items()
        }


class ShownTable:
    """The hook's table as last written."""

    def __init__(self) -> None:
        self.leases: Sequence[Lease] = ()

    def write(self, leases: Sequence[Lease], now: int) -> None:  # noqa: ARG002
        self.leases = leases


class AwayLedger(MemoryLedger):
    """A ledger whose database is away."""

    def available(self) -> bool:
        return False


@dataclass
class Town:
    """One cluster east, its daemon, and a clock that moves when told."""

    clock: FakeClock = field(default_factory=FakeClock)
    signals: GivenSignals = field(default_factory=lambda: GivenSignals({"east": DIRTY_THEN_CLEAN}))
    lead: GivenLead = field(default_factory=GivenLead)
    held: KeptHeld = field(default_factory=KeptHeld)
    spent: KeptSpent = field(default_factory=KeptSpent)
    table: ShownTable = field(default_factory=ShownTable)
    policy: Policy = field(default_factory=Policy)
    rates: Mapping[str, ClusterRates] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.east = FakeCluster("east", self.clock)
        self.ledger = MemoryLedger(self.clock, WaitsQuestion())

    def daemon(self, **parts: Any) -> Cycle:
        """A daemon just started; the parts named are replaced."""
        world = World(
            clock=self.clock,
            readers={"east": self.east},
            actuators={"east": self.east},
            signals=self.signals,
            annotate=Agreement(Rules()),
            ledger=self.ledger,
            held=self.held,
            spent=self.spent,
            lead=self.lead,
            table=self.table,
            run_times=History(),
        )
        settings = CycleSettings(
            local="east",
            mode="live",
            policy=self.policy,
            interval=30,
            max_delays={WorkloadClass.EVALUATION: 24 * HOUR},
            rates=self.rates,
        )
        return Cycle(replace(world, **parts), settings)

    def submit(self, contract: Contract | None = None, **changes: Any) -> int:
        """A tagged job, annotated as the hook does it."""
        annotation = make_annotation(contract or make_contract(), submit=self.clock.now())
        return self.submit_annotated(annotation, **changes)

    def submit_annotated(self, annotation: Annotation, **changes: Any) -> int:
        """A job with this very annotation."""
        return self.east.submit(admin_comment=group.render(annotation), **changes)

    def eligible_from(self, job_id: int) -> int:
        """The begin time that the cluster shows."""
        return some(self.east.job(job_id).eligible_time)

    def later(self, seconds: int) -> None:
        """Time passes."""
        self.clock.time += seconds
