"""What the submit hook does to a job, in every state of its two files."""

from dataclasses import replace
from pathlib import Path

import pytest

from slurm_energy.model.contract import Region, WorkloadClass
from slurm_energy.model.lease import Lease
from slurm_energy.model.rules import (
    ClusterRule,
    Excess,
    JobRule,
    Limit,
    Match,
    Mode,
    Rules,
    Unmeetable,
)
from slurm_energy.slurm.annotation import parse
from slurm_energy.slurm.tables import NowTable, render_now, render_rules
from tests.builders import some
from tests.slurm.hookrun import NO_VAL, OWNER, Site, job

NOW = 1_800_000_000
"""2027-01-15T08:00Z, a Friday."""
HOUR = 3_600
RULES = Rules(
    mode=Mode.LIVE,
    clusters=(
        ClusterRule("east", ("de",), Region.PRIMARY),
        ClusterRule("west", ("ch",), Region.SECONDARY),
    ),
    job_rules=(JobRule("nightly", WorkloadClass.EVALUATION, job_name=("eval-*",)),),
)
TABLE = NowTable(
    cluster="east",
    mode=Mode.LIVE,
    issued=NOW - 10,
    expires=NOW + 90,
    cycle=30,
    leases=(Lease(WorkloadClass.EVALUATION, NOW + HOUR),),
)
EVALUATION = "energy:class=evaluation"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, render_rules(RULES), render_now(TABLE), NOW)


def told(lines: list[str], text: str) -> bool:
    return any(text in line for line in lines)


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


class TestLease:
    def test_two_cycles_and_the_line_where_we_will_act(self, site: Site) -> None:
        spoken = site.submit(job(comment="energy:class=evaluation,deadline=+12h"))
        assert spoken.sets["begin_time"] == str(NOW + 60)
        assert len(spoken.user) == 1
        assert spoken.user[0].startswith("slurm-energy: evaluation, may wait until ")
        assert spoken.user[0].endswith("; energy:off to opt out")

    def test_the_line_gives_the_date_when_the_time_is_far(self, site: Site) -> None:
        slow = replace(RULES.classes[WorkloadClass.EVALUATION], max_delay=20 * 24 * HOUR)
        classes = {**RULES.classes, WorkloadClass.EVALUATION: slow}
        site.rules = render_rules(replace(RULES, classes=classes))
        assert told(site.submit(job(comment=EVALUATION)).user, "may wait until Thu 2027-02-04 ")

    def test_never_more_than_two_minutes(self, site: Site) -> None:
        site.table = render_now(replace(TABLE, cycle=3_000))
        assert site.submit(job(comment=EVALUATION)).sets["begin_time"] == str(NOW + 120)

    def test_not_past_the_end_of_its_class_s_lease(self, site: Site) -> None:
        leases = (Lease(WorkloadClass.EVALUATION, NOW + 7),)
        site.table = render_now(replace(TABLE, leases=leases))
        assert site.submit(job(comment=EVALUATION)).sets["begin_time"] == str(NOW + 7)

    def test_not_past_the_latest_start(self, site: Site) -> None:
        spoken = site.submit(job(comment="energy:class=evaluation,deadline=+61m", time_limit=60))
        assert spoken.sets["begin_time"] == str(NOW + 60)
        tight = site.submit(job(comment=f"energy:class=evaluation,deadline=+{HOUR + 20}s"))
        assert tight.sets["begin_time"] == str(NOW + 20)
        late = site.submit(job(comment="energy:class=evaluation,deadline=+60m"))
        assert "begin_time" not in late.sets

    def test_not_past_max_delay(self, site: Site) -> None:
        spoken = site.submit(job(comment="energy:class=evaluation,max_delay=10s"))
        assert spoken.sets["begin_time"] == str(NOW + 10)

    def test_the_user_s_later_begin_stays(self, site: Site) -> None:
        spoken = site.submit(job(comment=EVALUATION, begin_time=NOW + HOUR))
        assert "begin_time" not in spoken.sets
        assert f"begin={NOW + HOUR}" in spoken.sets["admin_comment"]
        assert "lease=" not in spoken.sets["admin_comment"]

    def test_a_class_that_is_not_deferred_now_gets_none(self, site: Site) -> None:
        spoken = site.submit(job(comment="energy:class=training"))
        assert "begin_time" not in spoken.sets
        assert told(spoken.user, "training, may wait until")

    @pytest.mark.parametrize(
        "never",
        [
            {"script": None},
            {"script": ""},
            {"script": "#!/bin/sh\n#SBATCH --time=9 --deadline=now+1hour\ntrue\n"},
            {"cron_job": True},
            {"immediate": 1},
            {"reservation": "maint"},
            {"dependency": "afterok:7"},
            {"priority": 0},
            {"priority": 4_000},
            {"het_job_offset": 0},
            {"het_job_offset": 1},
            {"time_limit": NO_VAL, "partition": "endless"},
            {"time_limit": 4_294_967_295},
            {"comment": "energy:class=latency-critical"},
            {"comment": "energy:class=evaluation,max_delay=0s"},
            {"comment": "energy:deadline=+12h"},
        ],
        ids=str,
    )
    def test_never_deferred(self, site: Site, never: dict[str, object]) -> None:
        spoken = site.submit(job(**{"comment": EVALUATION, **never}))
        assert spoken.code == 0
        assert "begin_time" not in spoken.sets
        assert "admin_comment" in spoken.sets
        assert not told(spoken.user, "may wait")

    def test_a_script_that_hands_on_a_deadline_is_no_reason(self, site: Site) -> None:
        script = "#!/bin/sh\n#SBATCH --time=9\n./run --deadline 7 --deadline 8\n"
        assert site.submit(job(comment=EVALUATION, script=script)).sets["begin_time"]

    def test_max_delay_bounds_a_job_without_time_limit(self, site: Site) -> None:
        unlimited = {"time_limit": NO_VAL, "partition": "endless"}
        spoken = site.submit(job(comment="energy:class=evaluation,max_delay=2h", **unlimited))
        assert spoken.sets["begin_time"] == str(NOW + 60)
        both = "energy:class=evaluation,max_delay=2h,deadline=+9h"
        assert "begin_time" not in site.submit(job(comment=both, **unlimited)).sets

    def test_the_partition_s_limit_counts_where_the_job_states_none(self, site: Site) -> None:
        spoken = site.submit(
            job(comment="energy:class=evaluation,deadline=+24h", time_limit=NO_VAL)
        )
        assert "begin_time" not in spoken.sets
        assert site.submit(job(comment=EVALUATION, time_limit=NO_VAL)).sets["begin_time"]

    def test_an_array_gets_a_lease_and_stays_where_it_is(self, site: Site) -> None:
        spoken = site.submit(job(comment="energy:class=evaluation,residency=de", array_inx="1-9"))
        assert "clusters" not in spoken.sets
        assert spoken.sets["begin_time"] == str(NOW + 60)


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


DAMAGED_TABLES: dict[str, str | bytes] = {
    "empty": "",
    "truncated": render_now(TABLE)[:-4],
    "no-end": render_now(TABLE).replace("end\n", ""),
    "more-after-end": render_now(TABLE) + "lease class=training until=9\n",
    "junk-after-end": render_now(TABLE) + "x",
    "other-version": render_now(TABLE).replace("-now 1", "-now 2"),
    "code": "os.execute('touch /tmp/pwned')\n",
    "code-in-value": render_now(TABLE).replace("cluster=east", "cluster=os.exit()"),
    "unknown-record": render_now(TABLE).replace("lease ", "leash "),
    "unknown-key": render_now(TABLE).replace("cycle=30", "cycle=30 colour=red"),
    "missing-key": render_now(TABLE).replace(" cycle=30", ""),
    "key-twice": render_now(TABLE).replace("cycle=30", "cycle=30 cycle=31"),
    "negative": render_now(TABLE).replace("cycle=30", "cycle=-30"),
    "hex": render_now(TABLE).replace("cycle=30", "cycle=0x30"),
    "huge-number": render_now(TABLE).replace("cycle=30", "cycle=9999999999999"),
    "double-space": render_now(TABLE).replace(" cycle", "  cycle"),
    "crlf": render_now(TABLE).replace("\n", "\r\n"),
    "unknown-class": render_now(TABLE).replace("class=evaluation", "class=unmanaged"),
    "unknown-mode": render_now(TABLE).replace("mode=live", "mode=turbo"),
    "nul": render_now(TABLE).replace("east", "ea\0st"),
    "binary": bytes(range(256)) * 4,
    "huge": render_now(TABLE).replace("end\n", "lease class=training until=9\n" * 4_000 + "end\n"),
    "one-huge-line": "x" * 1_000_000,
    "two-now": render_now(TABLE).replace("end\n", render_now(TABLE).split("\n")[1] + "\nend\n"),
}


class TestTableOfNow:
    @pytest.mark.parametrize(
        "table", [None, *DAMAGED_TABLES.values()], ids=["absent", *DAMAGED_TABLES]
    )
    def test_unreadable_means_no_lease_and_one_line_in_the_log(
        self, site: Site, table: str | bytes | None
    ) -> None:
        site.table = table
        spoken = site.submit(job(comment="energy:class=evaluation,residency=ch"))
        assert spoken.code == 0
        assert "begin_time" not in spoken.sets
        assert spoken.sets["clusters"] == "west", "validation and residency go on by the rules"
        assert len(spoken.errors) == 1
        assert not told(spoken.user, "may wait")

    @pytest.mark.parametrize(
        "table",
        [
            replace(TABLE, expires=NOW),
            replace(TABLE, issued=NOW + 1_000, expires=NOW + 1_090),
            replace(TABLE, expires=NOW + 10**9),
            replace(TABLE, cluster="west"),
        ],
        ids=["expired", "from-the-future", "for-ever", "another-cluster-s"],
    )
    def test_readable_but_not_to_be_trusted_means_no_lease(
        self, site: Site, table: NowTable
    ) -> None:
        site.table = render_now(table)
        spoken = site.submit(job(comment=EVALUATION))
        assert "begin_time" not in spoken.sets
        assert "admin_comment" in spoken.sets
        assert site.submit(job(comment="energy:class=x")).code == -1

    def test_off_holds_whatever_its_expiry(self, site: Site) -> None:
        site.table = render_now(replace(TABLE, mode=Mode.OFF, expires=1))
        spoken = site.submit(job(comment="energy:class=nonsense"))
        assert (spoken.code, spoken.sets, spoken.user) == (0, {}, [])

    def test_it_only_lowers_the_ceiling(self, site: Site) -> None:
        site.rules = render_rules(replace(RULES, mode=Mode.SHADOW))
        assert set(site.submit(job(comment=EVALUATION)).sets) == {"admin_comment"}
        site.rules = render_rules(replace(RULES, mode=Mode.OFF))
        assert site.submit(job(comment=EVALUATION)).sets == {}

    def test_the_log_is_told_once_a_minute_and_at_once_of_a_change(self, site: Site) -> None:
        site.table = None
        call = "submit({user_id = 1}, {}, 1)\n"
        later = site.run(call * 3 + "clock = clock + 61\n" + call * 2)
        assert len(later.errors) == 2

    def test_a_changed_file_is_read_anew(self, site: Site) -> None:
        site.table = render_now(replace(TABLE, leases=()))
        fresh = site.folder / "fresh"
        fresh.write_text(render_now(TABLE))
        call = f'submit({{user_id = {OWNER}, script = "x", time_limit = 60, '
        call += f'priority = {NO_VAL}, comment = "{EVALUATION}"}}, {{}}, {OWNER})\n'
        path = site.folder / "table.table"
        spoken = site.run(f'{call}os.rename("{fresh}", "{path}")\n{call}')
        assert spoken.codes == [0, 0]
        assert spoken.sets["begin_time"] == str(NOW + 60)

    def test_a_directory_in_its_place_is_unreadable(self, site: Site) -> None:
        site.table = None
        (site.folder / "d").mkdir()
        spoken = site.submit(
            job(comment=EVALUATION), prologue=f'slurm_energy.now_path = "{site.folder}/d"\n'
        )
        assert "begin_time" not in spoken.sets
        assert len(spoken.errors) == 1

    def test_without_clustername_the_table_tells_the_name(self, site: Site) -> None:
        site.cluster = None
        spoken = site.submit(job(comment="energy:class=evaluation,residency=de"))
        assert spoken.sets["clusters"] == "east"


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
