"""Which jobs the hook holds off, as the table of now says while it holds."""

import re
from dataclasses import replace

import pytest

from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.lease import Lease
from slurm_energy.model.rules import Mode
from slurm_energy.slurm.tables import NowTable, render_now, render_rules
from tests.slurm.hook.standing import DAMAGED_TABLES, EVALUATION, HOUR, NOW, RULES, TABLE, told
from tests.slurm.hookrun import NO_VAL, OWNER, Site, job


class TestLease:
    def test_two_cycles_and_the_line_where_we_will_act(self, site: Site) -> None:
        spoken = site.submit(job(comment="energy:class=evaluation,deadline=+12h"))
        assert spoken.sets["begin_time"] == str(NOW + 60)
        assert len(spoken.user) == 1
        assert spoken.user[0].startswith("slurm-energy: evaluation, may wait until ")
        assert spoken.user[0].endswith("; energy:off to opt out")

    def test_the_line_tells_deadline_and_slo_where_they_were_asked_for(self, site: Site) -> None:
        [line] = site.submit(job(comment="energy:class=evaluation,deadline=+12h,slo=wait<9h")).user
        assert re.search(r"until (\w{3} \d\d:\d\d), deadline \w{3} \d\d:\d\d, slo wait<9h; ", line)
        [plain] = site.submit(job(comment=EVALUATION)).user
        assert "deadline" not in plain
        assert "slo" not in plain

    def test_the_wait_that_an_slo_permits_bounds_lease_and_line(self, site: Site) -> None:
        short = site.submit(job(comment="energy:class=evaluation,slo=wait<20s"))
        assert short.sets["begin_time"] == str(NOW + 20)
        hour = site.submit(job(comment="energy:class=evaluation,slo=wait<1h"))
        same = site.submit(job(comment="energy:class=evaluation,max_delay=1h"))
        until = r"may wait until \w{3} \d\d:\d\d"
        assert re.findall(until, hour.user[0]) == re.findall(until, same.user[0])
        other = site.submit(job(comment="energy:class=evaluation,slo=p99<300ms"))
        assert other.sets["begin_time"] == str(NOW + 60), "a response time is no wait"

    def test_a_class_that_is_never_put_off_is_told_what_is_kept_for_it(self, site: Site) -> None:
        asked = "energy:class=latency-critical,slo=p99<300ms,deadline=+2h"
        [line] = site.submit(job(comment=asked)).user
        assert line.startswith("slurm-energy: latency-critical, never put off, deadline ")
        assert line.endswith(", slo p99<300ms")
        assert not site.submit(job(comment="energy:class=latency-critical")).user

    def test_a_delay_that_its_class_never_takes_is_told(self, site: Site) -> None:
        [line] = site.submit(job(comment="energy:class=latency-critical,max_delay=6h")).user
        assert line == (
            "slurm-energy: max_delay=6h is over class latency-critical, which is never put off; "
            "taken as 0s"
        )

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
