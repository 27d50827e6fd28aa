"""Laws of classification; the cases themselves are in tests/vectors."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.terms.classes import resolve
from slurm_energy.decide.terms.matching import JobFacts
from slurm_energy.decide.terms.places import permitted_clusters
from slurm_energy.errors import TagError
from slurm_energy.model.contract import Region, Tag, WorkloadClass
from slurm_energy.model.rules import ClusterRule, Limit, Rules, Unmeetable
from tests.builders import some

NOW = 1_800_000_000
HOUR = 3_600
FACTS = JobFacts(partition="gpu", qos="normal", account="research", name="job", time_limit=HOUR)
CLUSTERS = (
    ClusterRule("east", ("de",), Region.PRIMARY),
    ClusterRule("west", ("ch",), Region.SECONDARY),
    ClusterRule("attic", (), Region.SECONDARY),
)
SITE = Rules(clusters=CLUSTERS)
MANAGED = [name for name in WorkloadClass if name is not WorkloadClass.UNMANAGED]

tags = st.builds(
    Tag,
    workload_class=st.none() | st.sampled_from(MANAGED),
    deadline=st.none() | st.integers(0, 99 * HOUR),
    deadline_relative=st.just(value=True),
    urgency=st.none() | st.integers(0, 100),
    max_delay=st.none() | st.integers(0, 99 * HOUR),
    residency=st.sampled_from([(), ("de",), ("ch",), ("de", "ch")]),
    region=st.none() | st.sampled_from(Region),
)
limits = st.builds(
    Limit,
    name=st.just("limit"),
    classes=st.lists(st.sampled_from(MANAGED), unique=True).map(tuple),
    urgency=st.none() | st.integers(0, 100),
    horizon=st.none() | st.integers(0, 99 * HOUR),
    residency=st.sampled_from([(), ("de",), ("ch",), ("de", "ch")]),
    region=st.sampled_from(Region),
)


def test_out_of_the_box_an_untagged_job_is_not_ours() -> None:
    assert resolve(Rules(), None, FACTS, NOW, NOW).contract is None


def test_opting_out_is_the_last_word() -> None:
    assert resolve(SITE, Tag(off=True), FACTS, NOW, NOW).contract is None


@given(tags, st.lists(limits, max_size=3))
def test_nothing_granted_exceeds_class_or_limit(tag: Tag, bounds: list[Limit]) -> None:
    rules = replace(SITE, limits=tuple(bounds))
    try:
        contract = some(resolve(rules, tag, FACTS, NOW, NOW).contract)
    except TagError:
        return
    assert (contract.max_delay or 0) <= 24 * HOUR
    assert set(permitted_clusters(rules, contract)) <= {"east", "west", "attic"}
    for limit in bounds:
        if limit.classes and tag.workload_class:
            assert contract.workload_class in limit.classes
        if limit.urgency is not None:
            assert contract.urgency <= limit.urgency
        if limit.horizon is not None and contract.deadline is not None:
            assert contract.deadline >= NOW + limit.horizon
        if limit.residency:
            assert set(contract.residency) <= set(limit.residency)
            assert contract.residency
        assert limit.region in (Region.ANY, contract.region)


@given(tags)
def test_a_tag_only_narrows_where_a_job_may_run(tag: Tag) -> None:
    anywhere = replace(tag, residency=(), region=None)
    contract = some(resolve(SITE, anywhere, FACTS, NOW, NOW).contract)
    widest = set(permitted_clusters(SITE, contract))
    try:
        narrowed = some(resolve(SITE, tag, FACTS, NOW, NOW).contract)
    except TagError:
        return
    assert set(permitted_clusters(SITE, narrowed)) <= widest


def test_a_cluster_without_jurisdiction_satisfies_no_residency() -> None:
    contract = some(resolve(SITE, Tag(residency=("de", "ch")), FACTS, NOW, NOW).contract)
    assert permitted_clusters(SITE, contract) == ("east", "west")


def test_a_relative_deadline_counts_from_the_original_submit() -> None:
    tag = Tag(workload_class=WorkloadClass.EVALUATION, deadline=12 * HOUR, deadline_relative=True)
    later = some(resolve(SITE, tag, FACTS, NOW, NOW + 5 * HOUR).contract)
    assert later.deadline == NOW + 12 * HOUR


def test_a_deadline_out_of_reach_is_told_or_refused() -> None:
    tag = Tag(workload_class=WorkloadClass.EVALUATION, deadline=NOW + HOUR - 1)
    (line,) = resolve(SITE, tag, FACTS, NOW, NOW).lines
    assert "can't be met even if the job started at once" in line
    with pytest.raises(TagError, match="can't be met"):
        resolve(replace(SITE, unmeetable=Unmeetable.REFUSE), tag, FACTS, NOW, NOW)
