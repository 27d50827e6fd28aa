"""The hook's annotation holds; a tag changed since is resolved under the same rules."""

from dataclasses import replace

import pytest

from slurm_energy.decide.planner import plan_cluster
from slurm_energy.errors import InputError
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.decision import Action, Reason
from slurm_energy.model.job import Job
from slurm_energy.model.policy import Policy
from slurm_energy.model.rules import Limit, Rules
from slurm_energy.slurm import annotation as group
from slurm_energy.slurm.agreement import Agreement
from tests.builders import HOUR, NOON, make_annotation, make_job, make_queue, make_subject, some

ANNOTATION = make_annotation()


def job(comment: str = "energy:class=evaluation") -> Job:
    return make_job(comment=comment, admin_comment=group.render(ANNOTATION))


def test_an_unannotated_job_is_not_ours() -> None:
    assert Agreement(Rules())(make_job(comment="energy:class=evaluation")) is None


def test_an_annotation_stands_while_the_tag_is_the_same() -> None:
    assert Agreement(Rules())(job()) == ANNOTATION


def test_a_tag_from_the_environment_leaves_no_trace_in_the_comment() -> None:
    assert Agreement(Rules())(job(comment="snakemake rule 7")) == ANNOTATION


def test_a_changed_tag_counts_from_the_original_submit() -> None:
    found = some(Agreement(Rules())(job("energy:class=training,deadline=+6h")))
    assert found.contract.workload_class is WorkloadClass.TRAINING
    assert found.contract.deadline == NOON + 6 * HOUR


def test_a_changed_tag_is_clamped_like_any_other() -> None:
    rules = Rules(limits=(Limit("all", urgency=30),))
    found = some(Agreement(rules)(job("energy:class=training,urgency=99")))
    assert found.contract.urgency == 30


def test_a_job_that_states_a_checkpoint_keeps_what_was_agreed() -> None:
    found = some(Agreement(Rules())(job("energy:checkpoint=2027-01-15T08:00Z")))
    assert found == replace(ANNOTATION, checkpoint=1_800_000_000)


def test_a_checkpoint_may_stand_beside_the_whole_tag() -> None:
    found = some(Agreement(Rules())(job("energy:class=training,checkpoint=2027-01-15T08:00Z")))
    assert found.contract.workload_class is WorkloadClass.TRAINING
    assert found.checkpoint == 1_800_000_000


def test_a_damaged_annotation_is_an_error_not_a_guess() -> None:
    damaged = replace(job(), admin_comment="slurm-energy:v=1,class=evaluation")
    with pytest.raises(InputError):
        Agreement(Rules())(damaged)


def test_energy_off_written_later_lets_the_job_go() -> None:
    later = replace(job("energy:off"), eligible_time=NOON + HOUR)
    annotation = Agreement(Rules())(later)
    subject = make_subject(later, annotation)
    plan = plan_cluster(make_queue([later]), [subject], {}, Policy(), {}, NOON)
    assert (plan.actions[0], plan.reasons[0]) == (Action.RUN, Reason.OPTED_OUT)
    assert plan.begin[0] == NOON
    assert plan.points[0] == 0
