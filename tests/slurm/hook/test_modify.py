"""What the hook lets a user change of his job."""

from dataclasses import replace

import pytest

from slurm_energy.model.rules import Excess, Limit, Match, Mode, Unmeetable
from slurm_energy.slurm.tables import render_now, render_rules
from tests.slurm.hook.standing import EVALUATION, HOUR, NOW, RULES, TABLE, told
from tests.slurm.hookrun import Site


def record(**changes: object) -> dict[str, object]:
    """The job record that modify is shown: a job that residency=de keeps on east."""
    values: dict[str, object] = {
        "admin_comment": (
            f"x slurm-energy:v=1,class=evaluation,urgency=20,rule=tag,max_delay=86400,"
            f"residency=de,submit={NOW - 60},tag=class%3Devaluation%2Cresidency%3Dde"
        ),
        "comment": "energy:class=evaluation,residency=de",
        "partition": "gpu",
        "account": "research",
        "qos": "normal",
        "name": "job",
        "time_limit": 60,
        "submit_time": NOW - 60,
        "array_job_id": 0,
        "origin_cluster": "east",
    }
    return values | changes


class TestModify:
    """A refusal must come before anything is touched, so the hook never sets a field here."""

    def test_a_wrong_tag_is_refused(self, site: Site) -> None:
        spoken = site.modify({"comment": "energy:deadline=xx"}, record())
        assert (spoken.code, spoken.sets) == (-1, {})
        assert told(spoken.user, "deadline=xx is not a time")

    @pytest.mark.parametrize(
        "comment", ["", "prose", "energy:off", "energy:class=training,deadline=+9h"]
    )
    def test_a_good_or_absent_tag_passes_untouched(self, site: Site, comment: str) -> None:
        spoken = site.modify({"comment": comment}, record())
        assert (spoken.code, spoken.sets, spoken.errors) == (0, {}, [])

    def test_a_limit_holds_for_a_changed_tag(self, site: Site) -> None:
        limit = Limit("trial", Match(qos=("normal",)), urgency=30, excess=Excess.REFUSE)
        site.rules = render_rules(replace(RULES, limits=(limit,)))
        assert site.modify({"comment": "energy:urgency=90"}, record()).code == -1

    @pytest.mark.parametrize("clusters", ["west", "east,west", "", "all"])
    def test_a_forbidden_cluster_is_refused(self, site: Site, clusters: str) -> None:
        spoken = site.modify({"clusters": clusters}, record())
        assert (spoken.code, spoken.sets) == (-1, {})
        assert told(spoken.user, "clusters=west is not permitted by residency=de; use east")

    def test_the_permitted_cluster_passes(self, site: Site) -> None:
        assert site.modify({"clusters": "east"}, record()).code == 0

    def test_clearing_the_comment_does_not_lift_the_residency(self, site: Site) -> None:
        assert site.modify({"clusters": "west"}, record(comment="")).code == -1

    def test_a_stated_checkpoint_asks_for_nothing_and_lifts_nothing(self, site: Site) -> None:
        told_now = "energy:checkpoint=2027-01-15T08:00Z"
        assert site.modify({"comment": told_now}, record()).code == 0
        assert site.modify({"clusters": "west"}, record(comment=told_now)).code == -1
        assert site.modify({"clusters": "west", "comment": told_now}, record()).code == -1

    def test_an_annotated_array_goes_nowhere_else(self, site: Site) -> None:
        array = record(array_job_id=7, comment=EVALUATION)
        spoken = site.modify({"clusters": "west"}, array)
        assert spoken.code == -1
        assert told(spoken.user, "an array runs only on its own cluster east")
        assert site.modify({"clusters": "east"}, array).code == 0

    def test_a_job_that_is_not_ours_moves_freely(self, site: Site) -> None:
        plain = record(admin_comment="", comment="mine", array_job_id=7)
        assert site.modify({"clusters": "west"}, plain).code == 0

    def test_a_move_is_no_occasion_to_judge_an_old_tag(self, site: Site) -> None:
        site.rules = render_rules(replace(RULES, unmeetable=Unmeetable.REFUSE))
        late = record(comment=f"energy:class=evaluation,deadline=+{HOUR}s", submit_time=NOW - HOUR)
        wrong = record(comment="energy:class=nonsense", admin_comment="")
        assert site.modify({"clusters": "east"}, late).code == 0
        assert site.modify({"clusters": "west"}, wrong).code == 0

    def test_other_changes_are_not_looked_at(self, site: Site) -> None:
        site.rules = site.table = None
        spoken = site.modify({"begin_time": NOW}, record())
        assert (spoken.code, spoken.errors) == (0, [])

    def test_shadow_warns_and_off_is_silent(self, site: Site) -> None:
        site.table = render_now(replace(TABLE, mode=Mode.SHADOW))
        spoken = site.modify({"clusters": "west"}, record())
        assert spoken.code == 0
        assert told(spoken.user, "shadow mode")
        site.table = render_now(replace(TABLE, mode=Mode.OFF))
        assert site.modify({"clusters": "west"}, record()).user == []

    def test_without_rules_a_resident_job_stays(self, site: Site) -> None:
        site.rules = None
        assert site.modify({"clusters": "west"}, record()).code == -1
        assert site.modify({"clusters": "east"}, record()).code == 0
        assert site.modify({"clusters": "west"}, record(admin_comment="", comment="")).code == 0

    def test_a_fault_lets_the_change_through(self, site: Site) -> None:
        assert site.modify({"comment": 7}, record(admin_comment={"a": 1})).code == 0
