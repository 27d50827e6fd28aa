"""Rates as a price of energy: units, time of use, and where a reservation ends."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.pricing.price import curves
from slurm_energy.decide.pricing.rates import RateBook, beyond
from slurm_energy.model.calendar import Band
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import Job, JobState, Node, Partition
from slurm_energy.model.policy import ClassPolicy, Policy
from slurm_energy.model.rates import ClusterRates, MachinePrice, Rates
from slurm_energy.model.timeofuse import PricedBand, TimeOfUse
from tests.builders import HOUR, NOON, make_job, make_queue, make_signals, some

UTC = ZoneInfo("UTC")
NODES = tuple(Node(f"n{i}", 64, 512_000, 4, "h100") for i in range(1, 9))
"""Eight nodes of four GPUs and 64 CPUs."""
CPU_NODES = tuple(Node(f"c{i}", 128, 512_000, 0) for i in range(1, 3))
FREE = TimeOfUse(0.0)


def make_rates(gpu: float = 2.0, cpu: float = 0.0, **changes: object) -> Rates:
    found = Rates(TimeOfUse(gpu), TimeOfUse(cpu), kw_per_gpu=0.8, kw_per_cpu=0.004)
    return replace(found, **changes)  # type: ignore[arg-type]


def usual(rates: Rates, *jobs: Job, **changes: object) -> MachinePrice:
    book = RateBook({"east": ClusterRates(rates)})
    return some(book.of("east", make_queue(jobs, **changes), NOON))


def test_a_rate_is_the_price_of_the_energy_drawn_meanwhile() -> None:
    """2 per GPU-hour at 0.8 kW is 2 for 0.0008 MWh: 2500 per MWh."""
    assert usual(make_rates(2.0)).per_mwh.at(NOON) == pytest.approx(2500)


def test_cpus_beside_gpus_add_their_rate_and_no_energy() -> None:
    """Of a node: 4 x 2 + 64 x 0.05 = 11.2 an hour, for 4 x 0.8 kW."""
    gpus = Partition("gpu", frozenset(node.name for node in NODES), 32)
    price = usual(make_rates(2.0, 0.05), nodes=NODES, partitions=(gpus,))
    assert price.per_mwh.at(NOON) == pytest.approx(11.2 / 3.2 * 1000)


def test_without_gpus_the_rate_is_that_of_cpus() -> None:
    cpus = Partition("gpu", frozenset(node.name for node in CPU_NODES), 0)
    price = usual(make_rates(2.0, 0.02), nodes=CPU_NODES, partitions=(cpus,))
    assert price.per_mwh.at(NOON) == pytest.approx(0.02 / 0.004 * 1000)


def test_a_partition_has_its_own_rates_or_the_clusters() -> None:
    rates = ClusterRates(make_rates(2.0), {"debug": make_rates(0.5)})
    assert (some(rates.of("gpu")).gpu_hour.base, some(rates.of("debug")).gpu_hour.base) == (2, 0.5)
    assert ClusterRates().of("gpu") is None
    price = some(RateBook({"east": rates}).of("east", make_queue(), NOON))
    assert {name: one.gpu_hour.at(NOON) for name, one in price.hours.items()} == {
        "": 2.0,
        "debug": 0.5,
    }
    assert RateBook({"east": rates}).of("west", make_queue(), NOON) is None


def split(usual: Rates | None) -> MachinePrice:
    """24 GPUs in partition gpu, 8 in debug, which costs 0.4 per GPU-hour."""
    parts = (
        Partition("gpu", frozenset(node.name for node in NODES[:6]), 24),
        Partition("debug", frozenset(node.name for node in NODES[6:]), 8),
    )
    book = RateBook({"east": ClusterRates(usual, {"debug": make_rates(0.4)})})
    return some(book.of("east", make_queue(nodes=NODES, partitions=parts), NOON))


def test_partitions_that_differ_are_planned_with_their_mean_by_size() -> None:
    expected = (24 * 2.0 + 8 * 0.4) / (32 * 0.8) * 1000
    assert split(make_rates(2.0)).per_mwh.at(NOON) == pytest.approx(expected)
    assert split(None).per_mwh.at(NOON) == pytest.approx(8 * 0.4 / (32 * 0.8) * 1000)


def running(gpus: int, hours: int) -> Job:
    return make_job(
        gpus, state=JobState.RUNNING, gpus=gpus, start_time=NOON, time_limit=hours * HOUR
    )


RESERVED = make_rates(2.0, reserved=16)


def shares(*jobs: Job) -> list[float]:
    """Share of one more hour beyond 16 reserved GPUs: now, in one, two and three hours."""
    found = beyond(RESERVED, make_queue(jobs), NOON, lambda _: True)
    return [some(found.at(NOON + hour * HOUR)) for hour in range(4)]


def test_within_a_reservation_an_hour_costs_nothing_and_beyond_it_the_rate() -> None:
    assert shares(running(15, 2)) == [0, 0, 0, 0]
    assert shares(running(16, 2)) == [1, 1, 0, 0]
    price = usual(RESERVED, running(16, 2))
    assert [price.hours[""].gpu_hour.at(NOON + hour * HOUR) for hour in (0, 1, 2)] == [2, 2, 0]
    assert [price.per_mwh.at(NOON + hour * HOUR) for hour in (0, 1, 2)] == [2500, 2500, 0]


def test_those_that_wait_share_what_is_left_of_it() -> None:
    """8 of 16 are used for an hour, 32 are wanted: 8 of them within, 24 beyond; then 16."""
    wanted = make_job(1, gpus=4, array_task_count=8)
    assert shares(running(8, 1), wanted) == [0.75, 0.5, 0.5, 0.5]


def test_jobs_that_cannot_start_and_other_partitions_want_nothing() -> None:
    held, dependent = make_job(1, gpus=64, held=True), make_job(2, gpus=64, dependency="afterok:9")
    assert shares(held, dependent) == [0, 0, 0, 0]
    other = replace(running(16, 2), partition="debug")
    found = beyond(RESERVED, make_queue([other]), NOON, lambda name: name != "debug")
    assert found.at(NOON) == 0


@given(st.integers(0, 64), st.integers(0, 64), st.integers(1, 64))
def test_the_boundary_is_never_crossed_twice(used: int, wanted: int, more: int) -> None:
    jobs = [running(used, 4)] if used else []
    waiting = [make_job(101, gpus=wanted)] if wanted else []
    less = shares(*jobs, *waiting)[0]
    assert 0 <= less <= 1
    assert less <= shares(running(used + more, 4), *waiting)[0]
    if used + wanted < RESERVED.reserved:
        assert less == 0
    if used >= RESERVED.reserved:
        assert less == 1


def test_a_reservation_with_room_leaves_the_choice_to_energy() -> None:
    """An hour costs nothing more, today as on all days that set the scale."""
    prices = make_signals(None, [90.0, 30.0] * 24)
    policy = Policy(classes={WorkloadClass.EVALUATION: ClassPolicy(carbon=0, price=1)})
    bare = some(curves(prices, policy, NOON)[WorkloadClass.EVALUATION])
    roomy = curves(prices, policy, NOON, usual(RESERVED))[WorkloadClass.EVALUATION]
    assert some(roomy).values.tolist() == bare.values.tolist()


NIGHT = PricedBand(Band(UTC, 22 * HOUR, 6 * HOUR), 1.2)


def test_rates_by_time_of_use_reach_back_and_ahead() -> None:
    price = usual(make_rates(gpu_hour=TimeOfUse(2.0, (NIGHT,))))
    assert price.hours[""].gpu_hour.times[0] <= NOON - 28 * 24 * HOUR
    assert price.hours[""].gpu_hour.end >= NOON + 14 * 24 * HOUR
    midnight = NOON - NOON % (24 * HOUR) + 24 * HOUR
    prices = [price.hours[""].gpu_hour.at(midnight + hour * HOUR) for hour in (-3, -2, 0, 5, 6)]
    assert prices == [2.0, 1.2, 1.2, 1.2, 2.0]


def test_energy_and_machines_add_up_before_they_are_weighed() -> None:
    """Dear energy by day, dear machines by night: the sum decides, and price tells energy alone."""
    energy = make_signals(None, [100.0] * 10 + [20.0] * 38)
    policy = Policy(classes={WorkloadClass.EVALUATION: ClassPolicy(carbon=0, price=1)})
    dear_night = PricedBand(NIGHT.band, 2.4)
    hours = usual(make_rates(gpu_hour=TimeOfUse(2.0, (dear_night,))))
    curve = some(curves(energy, policy, NOON, hours)[WorkloadClass.EVALUATION])
    noon, night = (some(curve.at(NOON + hour * HOUR)) for hour in (0, 10))
    assert night > noon
    assert some(curve.price)[[0, 40]].tolist() == [100.0, 20.0]
    assert curve.machines[""].gpu_hour[[0, 40]].tolist() == [2.0, 2.4]
