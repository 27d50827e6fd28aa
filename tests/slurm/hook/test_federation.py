"""Where a job may run, and what its sibling on another cluster is told."""

from dataclasses import replace

from slurm_energy.model.rules import Limit, Match, Mode
from slurm_energy.slurm.annotation import parse
from slurm_energy.slurm.tables import render_now, render_rules
from tests.slurm.hook.standing import EVALUATION, NOW, RULES, TABLE, told
from tests.slurm.hookrun import Site, job


class TestPlace:
    def test_residency_narrows_the_clusters(self, site: Site) -> None:
        spoken = site.submit(job(comment="energy:class=evaluation,residency=ch"))
        assert spoken.sets["clusters"] == "west"

    def test_region_narrows_the_clusters(self, site: Site) -> None:
        spoken = site.submit(job(comment="energy:class=evaluation,region=secondary"))
        assert spoken.sets["clusters"] == "west"

    def test_latency_critical_stays_on_the_primary(self, site: Site) -> None:
        assert site.submit(job(comment="energy:class=latency-critical")).sets["clusters"] == "east"

    def test_nothing_to_narrow_is_left_alone(self, site: Site) -> None:
        spoken = site.submit(job(comment="energy:class=evaluation,residency=de+ch"))
        assert "clusters" not in spoken.sets

    def test_the_user_s_clusters_are_narrowed_not_widened(self, site: Site) -> None:
        tag = "energy:class=evaluation,residency=ch+de"
        assert "clusters" not in site.submit(job(comment=tag, clusters="west")).sets

    def test_the_user_s_forbidden_cluster_is_refused(self, site: Site) -> None:
        spoken = site.submit(job(comment="energy:class=evaluation,residency=ch", clusters="east"))
        assert spoken.code == -1
        assert told(spoken.user, "clusters=east is not permitted by residency=ch; use west")

    def test_an_array_on_a_forbidden_cluster_is_told_where_to_go(self, site: Site) -> None:
        spoken = site.submit(job(comment="energy:class=evaluation,residency=ch", array_inx="1-9"))
        assert spoken.code == -1
        assert told(spoken.user, "submit it with --clusters=west")

    def test_shadow_changes_no_field_but_the_annotation(self, site: Site) -> None:
        site.table = render_now(replace(TABLE, mode=Mode.SHADOW))
        spoken = site.submit(job(comment="energy:class=evaluation,residency=ch"))
        assert set(spoken.sets) == {"admin_comment"}
        assert not told(spoken.user, "may wait")

    def test_a_site_of_one_cluster_narrows_nothing(self, site: Site) -> None:
        site.rules = render_rules(replace(RULES, clusters=()))
        spoken = site.submit(job(comment="energy:class=latency-critical"))
        assert "clusters" not in spoken.sets

    def test_a_limit_s_residency_holds_for_untagged_jobs(self, site: Site) -> None:
        limit = Limit("med", Match(account=("research",)), residency=("ch",))
        site.rules = render_rules(replace(RULES, limits=(limit,)))
        spoken = site.submit(job())
        assert spoken.sets["clusters"] == "west"
        assert "class=unmanaged" in spoken.sets["admin_comment"]


class TestSibling:
    """slurmctld of the origin sends it: uid 0, the owner in user_id, het_job_offset 0."""

    def sibling(self, **changes: object) -> dict[str, object]:
        return job(**{"het_job_offset": 0, **changes})

    def test_the_same_verdict_from_its_own_table(self, site: Site) -> None:
        site.cluster, site.table = "west", render_now(replace(TABLE, cluster="west"))
        spoken = site.submit(self.sibling(comment=EVALUATION), uid=0)
        assert spoken.sets["begin_time"] == str(NOW + 60)
        assert parse(spoken.sets["admin_comment"]) is not None

    def test_a_residency_that_does_not_permit_us_is_refused(self, site: Site) -> None:
        site.cluster, site.table = "west", render_now(replace(TABLE, cluster="west"))
        spoken = site.submit(self.sibling(comment="energy:residency=de"), uid=0)
        assert (spoken.code, spoken.sets) == (-1, {})

    def test_a_permitted_one_is_not_narrowed_again(self, site: Site) -> None:
        spoken = site.submit(self.sibling(comment="energy:residency=de"), uid=0)
        assert spoken.code == 0
        assert "clusters" not in spoken.sets

    def test_a_cluster_that_does_not_know_its_name_takes_none(self, site: Site) -> None:
        site.cluster, site.table = None, None
        spoken = site.submit(self.sibling(comment="energy:residency=de"), uid=0)
        assert spoken.code == -1

    def test_root_s_own_jobs_are_held_to_the_same_fence(self, site: Site) -> None:
        spoken = site.submit(self.sibling(comment="energy:residency=ch", user_id=0), uid=0)
        assert spoken.code == -1

    def test_without_rules_a_tagged_one_is_refused_and_others_pass(self, site: Site) -> None:
        site.rules = None
        assert site.submit(self.sibling(comment="energy:residency=de"), uid=0).code == -1
        assert site.submit(self.sibling(comment=EVALUATION), uid=0).code == 0
