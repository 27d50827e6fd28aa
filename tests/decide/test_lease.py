"""The hook holds off exactly the classes whose ordinary job would wait now."""

from slurm_energy.decide.lease import leases
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.lease import Lease
from slurm_energy.model.policy import Policy
from tests.builders import HOUR, NOON, make_curve

POLICY = Policy()
DIRTY_NOW = make_curve([2.0] * 8 + [-1.0] * 88)
DELAYS = {WorkloadClass.EVALUATION: 24 * HOUR, WorkloadClass.NEARLINE: HOUR // 2}


def test_a_class_that_gains_by_waiting_is_leased_until_then() -> None:
    curves = {WorkloadClass.EVALUATION: DIRTY_NOW}
    assert leases(curves, DELAYS, POLICY, NOON) == [
        Lease(WorkloadClass.EVALUATION, NOON + 2 * HOUR)
    ]


def test_a_class_that_may_not_wait_long_enough_is_not_leased() -> None:
    assert leases({WorkloadClass.NEARLINE: DIRTY_NOW}, DELAYS, POLICY, NOON) == []


def test_a_class_that_is_never_deferred_is_not_leased() -> None:
    assert leases({WorkloadClass.LATENCY_CRITICAL: DIRTY_NOW}, DELAYS, POLICY, NOON) == []


def test_no_signal_leases_nothing() -> None:
    assert leases({WorkloadClass.EVALUATION: None}, DELAYS, POLICY, NOON) == []
