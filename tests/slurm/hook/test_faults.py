"""Rules that can't be read and faults of our own: the job goes through."""

from dataclasses import replace

import pytest

from slurm_energy.model.rules import Mode
from slurm_energy.slurm.tables import render_now, render_rules
from tests.slurm.hook.standing import EVALUATION, RULES, TABLE
from tests.slurm.hookrun import Site, job

RULES_TEXT = render_rules(RULES)
DAMAGED_RULES = {
    "absent": None,
    "empty": "",
    "truncated": RULES_TEXT[:-20],
    "no-digest": "\n".join(RULES_TEXT.split("\n")[:-3]) + "\nend\n",
    "no-site": RULES_TEXT.replace("site mode=live unmeetable=warn\n", ""),
    "class-missing": RULES_TEXT.replace(
        next(line for line in RULES_TEXT.split("\n") if "name=training" in line) + "\n", ""
    ),
    "unknown-record": RULES_TEXT.replace("rule name", "rool name"),
    "unknown-key": RULES_TEXT.replace("rule name", "rule colour=red name"),
    "bad-region": RULES_TEXT.replace("region=secondary", "region=tertiary"),
    "huge": RULES_TEXT.replace("digest", "cluster name=x region=any\n" * 12_000 + "digest"),
}


class TestUnreadableRules:
    @pytest.mark.parametrize("rules", DAMAGED_RULES.values(), ids=DAMAGED_RULES)
    def test_a_residency_keeps_the_job_here_and_nothing_else_happens(
        self, site: Site, rules: str | None
    ) -> None:
        site.rules = rules
        spoken = site.submit(job(comment="energy:class=evaluation,residency=ch"))
        assert (spoken.code, spoken.sets) == (0, {"clusters": "east"})
        other = site.submit(job(comment="energy:class=nonsense"))
        assert (other.code, other.sets) == (0, {})
        assert len(other.errors) == 1

    def test_a_residency_in_the_environment_counts_too(self, site: Site) -> None:
        site.rules = None
        spoken = site.submit(job(environment={"SLURM_ENERGY": "residency=de"}))
        assert spoken.sets == {"clusters": "east"}

    def test_an_array_stays_by_itself(self, site: Site) -> None:
        site.rules = None
        spoken = site.submit(job(comment="energy:residency=de", array_inx="1-2"))
        assert (spoken.code, spoken.sets) == (0, {})

    def test_shadow_and_off_change_nothing(self, site: Site) -> None:
        site.rules = None
        for mode in (Mode.SHADOW, Mode.OFF):
            site.table = render_now(replace(TABLE, mode=mode))
            spoken = site.submit(job(comment="energy:residency=de"))
            assert (spoken.code, spoken.sets) == (0, {})


class TestFaultInside:
    BREAK = "slurm_energy.time = function() error('boom') end\n"

    def test_the_job_goes_through(self, site: Site) -> None:
        spoken = site.submit(job(comment=EVALUATION), prologue=self.BREAK)
        assert (spoken.code, spoken.sets) == (0, {})

    def test_at_its_own_cluster_only_when_it_carries_a_residency(self, site: Site) -> None:
        spoken = site.submit(job(comment="energy:residency=de"), prologue=self.BREAK)
        assert (spoken.code, spoken.sets) == (0, {"clusters": "east"})
        away = site.submit(job(comment="energy:residency=de"), uid=0, prologue=self.BREAK)
        assert away.code == -1

    def test_odd_types_go_through(self, site: Site) -> None:
        for odd in ({"comment": {"a": 1}}, {"time_limit": "x"}, {"clusters": 7}):
            assert site.submit(job(**{"comment": EVALUATION, **odd})).code == 0
