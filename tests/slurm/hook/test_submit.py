"""What the submit hook notes of a job, and what it refuses."""

from dataclasses import replace

import pytest

from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.rules import Excess, Limit, Match, Mode, Unmeetable
from slurm_energy.slurm.annotation import parse
from slurm_energy.slurm.tables import render_now, render_rules
from tests.builders import some
from tests.slurm.hook.standing import EVALUATION, HOUR, NOW, RULES, TABLE, told
from tests.slurm.hookrun import Site, job


class TestAnnotation:
    def test_a_tag_is_written_down_once_with_the_user_s_own_wishes(self, site: Site) -> None:
        spoken = site.submit(
            job(
                comment="mine energy:class=evaluation,deadline=+12h",
                begin_time=NOW + 5,
                clusters="east,west",
            )
        )
        annotation = some(parse(spoken.sets["admin_comment"]))
        assert annotation.contract.workload_class is WorkloadClass.EVALUATION
        assert annotation.contract.deadline == NOW + 12 * HOUR
        assert annotation.submit == NOW
        assert annotation.user_begin == NOW + 5
        assert annotation.user_clusters == ("east", "west")
        assert annotation.lease == NOW + 60
        assert annotation.tag == "class=evaluation,deadline=+12h"
        assert spoken.code == 0

    def test_an_untagged_job_is_not_touched(self, site: Site) -> None:
        spoken = site.submit(job(comment="free energy: run 3"))
        assert (spoken.code, spoken.sets, spoken.user) == (0, {}, [])

    def test_a_site_rule_gives_an_untagged_job_its_class(self, site: Site) -> None:
        annotation = some(parse(site.submit(job(name="eval-3")).sets["admin_comment"]))
        assert (annotation.contract.rule, annotation.tag) == ("nightly", "")

    def test_opting_out_leaves_no_trace(self, site: Site) -> None:
        spoken = site.submit(job(name="eval-3", comment="energy:off"))
        assert (spoken.code, spoken.sets, spoken.user) == (0, {}, [])

    def test_foreign_text_is_kept_and_a_forged_group_replaced(self, site: Site) -> None:
        forged = "ticket 7 slurm-energy:v=1,class=latency-critical,urgency=100 done"
        spoken = site.submit(job(comment=EVALUATION, admin_comment=forged))
        assert spoken.sets["admin_comment"].startswith("ticket 7 done slurm-energy:v=1,")
        annotation = some(parse(spoken.sets["admin_comment"]))
        assert annotation.contract.urgency == 20

    def test_a_forged_group_is_dropped_from_an_untagged_job(self, site: Site) -> None:
        spoken = site.submit(job(admin_comment="keep slurm-energy:v=1,class=training"))
        assert spoken.sets == {"admin_comment": "keep"}

    def test_a_forged_group_is_dropped_in_every_mode_and_without_rules(self, site: Site) -> None:
        forged = job(comment="energy:class=x", admin_comment="slurm-energy:v=1")
        for mode in (Mode.SHADOW, Mode.OFF):
            site.table = render_now(replace(TABLE, mode=mode))
            spoken = site.submit(forged)
            assert (spoken.code, spoken.sets) == (0, {"admin_comment": ""})
        site.rules = site.table = None
        assert site.submit(forged).sets == {"admin_comment": ""}

    def test_percent_signs_reach_the_user_as_they_are(self, site: Site) -> None:
        spoken = site.submit(job(comment="energy:model=%d%s%n"))
        assert spoken.code == -1
        assert told(spoken.user, "model=%d%s%n is not a name")


class TestEnvironment:
    def test_slurm_energy_stands_in_for_a_comment(self, site: Site) -> None:
        spoken = site.submit(job(comment="rule all", environment={"SLURM_ENERGY": EVALUATION}))
        assert "tag=class%3Devaluation" in spoken.sets["admin_comment"]

    def test_the_comment_wins(self, site: Site) -> None:
        spoken = site.submit(
            job(comment="energy:off", environment={"SLURM_ENERGY": "class=training"})
        )
        assert spoken.sets == {}

    def test_it_is_not_asked_for_without_a_script(self, site: Site) -> None:
        spoken = site.submit(job(script=None, environment=None, comment=EVALUATION))
        assert "lease=" not in spoken.sets["admin_comment"]


class TestRefusal:
    def test_one_line_at_sbatch_and_nothing_touched(self, site: Site) -> None:
        spoken = site.submit(job(comment="energy:deadline=tomorrow"))
        assert spoken.code == -1
        assert spoken.sets == {}
        assert spoken.user == [
            "slurm-energy: deadline=tomorrow is not a time; use ISO 8601 with offset or +30m, "
            "+12h, +3d, e.g. energy:deadline=+12h"
        ]

    def test_shadow_warns_instead(self, site: Site) -> None:
        site.rules = render_rules(replace(RULES, mode=Mode.SHADOW))
        spoken = site.submit(job(comment="energy:deadline=tomorrow"))
        assert (spoken.code, spoken.sets) == (0, {})
        assert told(spoken.user, "shadow mode: accepted")

    def test_a_limit_refuses_or_clamps(self, site: Site) -> None:
        limit = Limit("trial", Match(account=("research",)), urgency=30, excess=Excess.REFUSE)
        site.rules = render_rules(replace(RULES, limits=(limit,)))
        tag = job(comment="energy:class=evaluation,urgency=90")
        assert site.submit(tag).code == -1
        site.rules = render_rules(replace(RULES, limits=(replace(limit, excess=Excess.CLAMP),)))
        spoken = site.submit(tag)
        assert spoken.code == 0
        assert "urgency=30" in spoken.sets["admin_comment"]
        assert told(spoken.user, "urgency=90 is over limit trial; taken as 30")

    @pytest.mark.parametrize(("choice", "code"), [(Unmeetable.WARN, 0), (Unmeetable.REFUSE, -1)])
    def test_a_deadline_that_cannot_be_met(self, site: Site, choice: Unmeetable, code: int) -> None:
        site.rules = render_rules(replace(RULES, unmeetable=choice))
        spoken = site.submit(job(comment="energy:class=evaluation,deadline=+30m"))
        assert spoken.code == code
        assert told(spoken.user, "can't be met even if the job started at once")
        assert "begin_time" not in spoken.sets

    def test_a_misspelt_tag_is_prose_with_a_warning(self, site: Site) -> None:
        spoken = site.submit(job(comment="energy:clas=evaluation"))
        assert (spoken.code, spoken.sets) == (0, {})
        assert told(spoken.user, "energy:clas=evaluation is not a tag and is ignored")
