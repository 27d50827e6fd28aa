"""The laws of planning: the loop of test_cycle_machine under a policy with budgets and thresholds.

To what that machine plays come wrong run times, lost nodes, tags that claim too much, and turns
that follow each other at once. Its laws hold here too; those below are asked besides.
"""

from collections.abc import Mapping
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import initialize, multiple, rule

from slurm_energy.cycle import Cycle
from slurm_energy.decide.durations.runtimes import History
from slurm_energy.decide.plan import Plan
from slurm_energy.model.budget import Budgets, Spent, Tally
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Action, Fate, JobEnd, Reason
from slurm_energy.model.job import JobKey, JobState
from slurm_energy.model.policy import Policy, Threshold
from slurm_energy.model.rules import Limit, Rules
from slurm_energy.model.series import Signal
from slurm_energy.slurm.agreement import Agreement
from slurm_energy.turn import Turn
from tests.builders import HOUR, MINUTE, make_annotation, make_contract
from tests.laws.test_cycle_machine import BAND, GRIDS, PAUSES, Known, Loop, SwitchableLedger
from tests.worlds import KeptSpent, Town

DELAYS = st.sampled_from([HOUR, 5 * HOUR, 20 * HOUR, 0])
BUDGETS = st.builds(
    Budgets,
    deferred_share=st.none() | st.sampled_from([0.3, 0.7, 0.0]),
    class_delay=st.dictionaries(st.sampled_from(WorkloadClass), DELAYS, max_size=2),
    account_delay=st.none() | DELAYS,
    idle_gpu_hours=st.none() | st.sampled_from([200.0, 20.0, 0.0]),
    window=st.sampled_from([24 * HOUR, 7 * 24 * HOUR]),
)
THRESHOLDS = st.lists(
    st.builds(
        Threshold,
        st.sampled_from([WorkloadClass.EVALUATION, WorkloadClass.TRAINING]),
        st.just(Signal.CARBON),
        st.sampled_from([200.0, 400.0]),
        st.none() | st.sampled_from([4, 16]),
    ),
    max_size=2,
).map(tuple)

CEILING = Limit(
    "everybody",
    classes=(WorkloadClass.EVALUATION, WorkloadClass.TRAINING),
    urgency=30,
    horizon=2 * HOUR,
)
RULES = Rules(limits=(CEILING,))
LIES = st.sampled_from(
    [
        "energy:class=latency-critical,urgency=100,deadline=+10m",
        "energy:class=training,urgency=100",
        "energy:class=evaluation,deadline=+1m,urgency=99",
    ]
)
ROUNDING = 1e-6


class SeenSpent(KeptSpent):
    """What another daemon knows at this moment."""

    def __init__(self, spent: Mapping[str, Spent]) -> None:
        super().__init__()
        self.saved = dict(spent)


class Planning(Loop):
    @initialize(grid=GRIDS, budgets=BUDGETS, thresholds=THRESHOLDS)
    def begin(self, grid: list[float], budgets: Budgets, thresholds: tuple[Threshold, ...]) -> None:
        self.town = Town(policy=Policy(budgets=budgets, thresholds=thresholds))
        self.ledger = SwitchableLedger(self.town)
        self.history = History()
        self.start = self.town.clock.now()
        self.dawn(grid)
        self.known = {}
        self.promised = {}
        self.liars: set[int] = set()
        self.most_idle = 0.0
        """GPU-hours that may have stood idle from one turn to the next, at most."""
        self.durable = True
        self.daemon = self.daemon_born()

    def daemon_born(self, **parts: Any) -> Cycle:
        return super().daemon_born(annotate=Agreement(RULES), run_times=self.history, **parts)

    def watcher(self, **parts: Any) -> Cycle:
        """A daemon that looks on and has seen the same.

        What is not kept over a restart: congestion, and for whom that left a budget was charged.
        """
        goes_on = self.daemon._led and self.town.lead.leads
        seen = SeenSpent(self.daemon._purse.spent) if goes_on else self.town.spent
        watcher = super().watcher(spent=seen, **parts)
        watcher._outlooks = dict(self.daemon._outlooks)
        return watcher

    @rule(
        target=Loop.jobs,
        gpus=st.lists(st.integers(0, 16), min_size=3, max_size=6),
        account=st.sampled_from(["research", "physics"]),
        workload_class=st.sampled_from([WorkloadClass.EVALUATION, WorkloadClass.TRAINING]),
        tasks=st.sampled_from([0, 0, 4]),
    )
    def a_batch_comes(
        self, gpus: list[int], workload_class: WorkloadClass, account: str, tasks: int
    ) -> Any:
        """Jobs that may wait a day, in the evening of a dirty day."""
        self.dawn([600.0, 600.0, 300.0, 50.0])
        now = self.town.clock.now()
        found = []
        for wanted in gpus:
            annotation = make_annotation(make_contract(workload_class), submit=now)
            job = self.town.submit_annotated(annotation, gpus=wanted, account=account, tasks=tasks)
            self.known[job] = Known(annotation)
            found.append(job)
        self.turn(30)
        return multiple(*found)

    @rule(job=Loop.jobs, ran=st.integers(1, 10 * HOUR))
    def such_jobs_ran_otherwise(self, job: int, ran: int) -> None:
        """One like it ends after a run that nobody expected; what was learned changes."""
        known = self.known[job]
        if known.annotation is None or self._state(job) is None:
            return
        shown, now = self.town.east.job(job), self.town.clock.now()
        taught = min(ran, shown.time_limit or ran)
        key = JobKey("east", 10_000 + job, now - taught)
        self.history.learn(
            JobEnd(
                key=key,
                ran_on="east",
                name=shown.name,
                user=shown.user,
                account=shown.account,
                partition=shown.partition,
                state="COMPLETED",
                eligible=now - taught,
                start=now - taught,
                end=now,
                time_limit=shown.time_limit,
                gpus=shown.gpus,
                cpus=shown.cpus,
                nodes=shown.nodes,
            ),
            known.annotation.contract,
        )

    @rule()
    def nodes_are_lost(self) -> None:
        """What ran on them waits again, and there is less room."""
        for job in self.known:
            self.requeued(job)
        self.town.east.facts = {"gpus_total": 24, "gpus_idle": 8}

    @rule()
    def nodes_come_back(self) -> None:
        self.town.east.facts = {}

    @rule(job=Loop.jobs, lie=LIES)
    def owner_claims_too_much(self, job: int, lie: str) -> None:
        if self._state(job) is JobState.PENDING and self.known[job].annotation is not None:
            self.town.east.change(job, comment=lie)
            self.liars.add(job)

    @rule(pause=PAUSES)
    def turn(self, pause: int) -> None:
        idle = self.daemon._purse.spent.get("east", Spent()).idle_gpus
        self.most_idle = max(self.most_idle, idle * min(pause, HOUR) / HOUR)
        super().turn(pause)
        plan = self.last.plans["east"]
        self.budgets_are_kept(plan)
        self.budgets_only_refuse(plan)
        self.nobody_is_beyond_his_ceiling(plan)

    @rule()
    def turn_after_turn_at_once(self) -> None:
        """The second finds nothing to do, unless the price of congestion is still settling."""
        self.turn(30)
        if self.last.leading and not self.town.held.away:
            again = self.daemon.turn()
            if surcharge(again) == surcharge(self.last):
                assert [one for one in again.outcomes if one.fate is Fate.SENT] == []

    @rule()
    def a_quarter_of_an_hour_later(self) -> None:
        self.turn(15 * MINUTE)

    @rule()
    def hours_later(self) -> None:
        self.turn(3 * HOUR)

    def budgets_are_kept(self, plan: Plan) -> None:
        """No mean and no share beyond its budget; idle hours by one turn's at most."""
        spent, budgets = plan.spent, plan.policy.budgets
        for name, most in budgets.class_delay.items():
            assert spent.classes.get(name, Tally()).delay <= (
                most * spent.classes.get(name, Tally()).jobs + ROUNDING
            )
        for account, tally in spent.accounts.items():
            bound = budgets.of_account(account)
            assert bound is None or tally.delay <= bound * tally.jobs + ROUNDING
        if budgets.deferred_share is not None:
            assert spent.deferred_gpu_hours <= budgets.deferred_share * spent.gpu_hours + ROUNDING
        if budgets.idle_gpu_hours == 0:
            assert Action.DEFER not in plan.actions

    def budgets_only_refuse(self, plan: Plan) -> None:
        """A budget puts nobody off: it lets him run, or leaves him as he is."""
        by_budget = {
            Reason.SHARE_SPENT,
            Reason.CLASS_DELAY_SPENT,
            Reason.ACCOUNT_DELAY_SPENT,
            Reason.IDLE_SPENT,
        }
        for action, reason in zip(plan.actions, plan.reasons, strict=True):
            assert reason not in by_budget or action is not Action.DEFER

    def nobody_is_beyond_his_ceiling(self, plan: Plan) -> None:
        """A tag that claims more than the limits permit is worth no more than they permit."""
        for row, subject in enumerate(plan.subjects):
            if subject.job.job_id not in self.liars or subject.job.comment == "":
                continue
            contract = subject.annotation.contract
            assert contract.urgency <= 30
            assert contract.workload_class in CEILING.classes
            earliest = subject.annotation.submit + 2 * HOUR
            assert contract.deadline is None or contract.deadline >= earliest
            kind = plan.policy.classes[contract.workload_class]
            worth = kind.urgency * contract.urgency / 100 + kind.energy
            assert plan.points[row] - plan.age_points[row] <= BAND * min(1.0, worth)


def surcharge(turn: Turn) -> list[float]:
    """What congestion adds to each slot."""
    found = turn.plans["east"].outlook.congestion
    return [] if found is None else [float(price) for price in found.price]


Planning.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestPlanning = Planning.TestCase
