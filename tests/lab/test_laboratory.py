"""What the laboratory promises to those who work and test in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab import lifecycle, outer, readiness
from lab.cache import KEPT_SECONDS, cached, prune
from lab.errors import LabError
from lab.laboratory import Lab
from lab.overlay import PROJECT
from lab.processes import cgroup_roots
from lab.progress import Progress, wait_until
from lab.tree import require_slurm

if TYPE_CHECKING:
    from lab.host import Host

pytestmark = pytest.mark.lab

JOB_SECONDS = 30.0
UNCHANGED_SECONDS = 5.0
REACH = "import socket, sys; socket.create_connection((sys.argv[1], 6817), timeout=2).close()"


def job(host: Host, number: int) -> str:
    return host.run(["scontrol", "show", "job", str(number)]).stdout


def finish(host: Host, number: int) -> str:
    """Return what Slurm says of a job once it has completed."""
    wait_until(f"job {number}", lambda: "JobState=COMPLETED" in job(host, number), JOB_SECONDS)
    return job(host, number)


def reaches(host: Host, other: str) -> bool:
    return host.run(["python3", "-c", REACH, other], check=False).returncode == 0


def boot_times(lab: Lab) -> list[str]:
    argv = ["show", "--property=UserspaceTimestamp"]
    return [host.systemctl(*argv).stdout for host in lab.hosts]


def command(
    *arguments: str, cwd: Path = PROJECT, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lab", *arguments],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


class TestTheFederation:
    def test_both_clusters_see_each_other_and_all_nodes_are_idle(self, lab: Lab) -> None:
        assert readiness.is_federated(lab)
        assert all(readiness.nodes_are_idle(host) for host in lab.hosts)
        assert "Features:eu" in lab.host("east").run(["scontrol", "show", "federation"]).stdout

    def test_no_unit_has_failed(self, lab: Lab) -> None:
        assert [readiness.failed_units(host) for host in lab.hosts] == [[], []]

    @pytest.mark.parametrize("cluster", ["east", "west"])
    def test_a_user_runs_a_job_on_either_cluster(self, lab: Lab, cluster: str) -> None:
        number = lab.submit(cluster, "alice", [f"--clusters={cluster}"], "true")
        assert "UserId=alice(2001)" in finish(lab.host(cluster), number)

    def test_a_job_for_the_other_cluster_runs_there(self, lab: Lab) -> None:
        number = lab.submit("east", "bob", ["--clusters=west"], "hostname > /tmp/where")
        finish(lab.host("west"), number)
        assert lab.host("west").read("/tmp/where") == "west\n"

    def test_gpus_are_allocated(self, lab: Lab) -> None:
        number = lab.submit("east", "alice", ["--clusters=east", "--gpus=h100:3"], "true")
        assert "gres/gpu=3" in finish(lab.host("east"), number)

    def test_a_cluster_has_four_nodes_of_eight_gpus(self, lab: Lab) -> None:
        argv = ["--clusters=east", "--gpus=32", "--nodes=4"]
        number = lab.submit("east", "alice", argv, "true")
        assert "NumNodes=4" in finish(lab.host("east"), number)

    def test_the_service_user_is_operator_and_no_more(self, lab: Lab) -> None:
        argv = ["sacctmgr", "-nP", "show", "user", "slurm-energy", "format=adminlevel"]
        assert lab.host("east").run(argv).stdout.strip() == "Operator"

    def test_postgresql_takes_the_service_user_from_either_host(self, lab: Lab) -> None:
        url = "postgresql://slurm_energy@east/slurm_energy?passfile=/etc/slurm-energy/pgpass"
        code = f"import psycopg; psycopg.connect({url!r}).close()"
        for host in lab.hosts:
            host.run(["/opt/slurm-energy/bin/python", "-c", code], user="slurm-energy")

    def test_pyslurm_reads_the_queue(self, lab: Lab) -> None:
        code = "import pyslurm; print(len(pyslurm.Nodes.load()))"
        result = lab.host("west").run(["/opt/slurm-energy/bin/python", "-c", code])
        assert result.stdout.strip() == "4"


class TestTheLink:
    def test_a_cut_parts_the_hosts_and_mending_joins_them(self, lab: Lab) -> None:
        east = lab.host("east")
        assert reaches(east, "west")
        lab.cut()
        try:
            assert lab.network.is_cut()
            assert not reaches(east, "west")
            assert reaches(east, "localhost")
        finally:
            lab.mend()
        wait_until("the mended link", partial(reaches, east, "west"), JOB_SECONDS)
        assert not lab.network.is_cut()


class TestRunningCommands:
    def test_exit_code_input_and_user_pass_through(self, lab: Lab) -> None:
        host = lab.host("west")
        assert host.run(["bash", "-c", "exit 7"], check=False).returncode == 7
        assert host.run(["cat"], input="through").stdout == "through"
        shown = host.run(["bash", "-c", "id -un; pwd; echo $HOME $X"], user="bob", env={"X": "y"})
        assert shown.stdout.split("\n")[:3] == ["bob", "/home/bob", "/home/bob y"]

    def test_the_command_line_passes_them_too(self, lab: Lab) -> None:
        argv = ["--name", lab.name, "run", "east", "--user", "alice", "--", "bash", "-c"]
        result = command(*argv, "id -un; exit 9")
        assert (result.stdout, result.returncode) == ("alice\n", 9)

    def test_a_failure_says_where_and_why(self, lab: Lab) -> None:
        with pytest.raises(subprocess.CalledProcessError) as caught:
            lab.host("east").run(["ls", "/nowhere"], user="alice")
        assert "on east as alice: ls: cannot access '/nowhere'" in caught.value.__notes__[0]

    def test_a_written_file_has_its_owner_and_mode(self, lab: Lab) -> None:
        host = lab.host("east")
        host.write("/tmp/a/secret", "s", owner="alice", mode=0o600)
        assert host.run(["stat", "-c", "%U %a", "/tmp/a/secret"]).stdout == "alice 600\n"
        assert host.read("/tmp/a/secret") == "s"


class TestBringingItUp:
    def test_an_unchanged_laboratory_is_left_alone(self, lab: Lab) -> None:
        lifecycle.up(lab)
        begin = time.monotonic()
        assert lifecycle.up(lab) is False
        assert time.monotonic() - begin < UNCHANGED_SECONDS

    def test_a_changed_working_tree_brings_only_its_wheel(self, lab: Lab, tmp_path: Path) -> None:
        copy = tmp_path / "project"
        skipped = shutil.ignore_patterns(".*", "__pycache__", "shared")
        shutil.copytree(PROJECT, copy, ignore=skipped)
        with (copy / "slurm_energy/__init__.py").open("a") as file:
            file.write(f"# changed for a test at {time.time()}\n")
        before = boot_times(lab)
        result = command("--name", lab.name, "up", cwd=copy)
        assert result.returncode == 0, result.stderr
        assert "building the wheel" in result.stderr
        assert "starting" not in result.stderr
        assert boot_times(lab) == before
        assert lifecycle.up(lab) is True

    def test_a_second_one_lives_beside_it_and_leaves_nothing(self, lab: Lab) -> None:
        second = Lab.open(f"{lab.name}-two")
        try:
            lifecycle.up(second, single=True, bare=True)
            assert second.host_names == ["east"]
            number = second.submit("east", "alice", [], "true")
            assert f"JobId={number} " in finish(second.host("east"), number)
            assert readiness.nodes_are_idle(lab.host("east"))
            with pytest.raises(LabError, match="no link"):
                second.cut()
        finally:
            lifecycle.down(second)
        assert traces(second.name) == []

    def test_a_start_that_was_killed_is_cleaned_up(self, lab: Lab) -> None:
        third = Lab.open(f"{lab.name}-killed")
        argv = [sys.executable, "-m", "lab", "--name", third.name, "up", "--single", "--bare"]
        with subprocess.Popen(argv, cwd=PROJECT, stderr=subprocess.DEVNULL) as process:
            wait_until("a host to kill", lambda: any(h.is_running() for h in third.hosts), 30.0)
            process.kill()
        lifecycle.down(third)
        assert traces(third.name) == []


def traces(name: str) -> list[str]:
    """Return what is left of an instance on the outer machine."""
    marks = (f"slurm-energy-{name}-", f"/var/lib/slurm-energy-lab/{name}/", f"--machine={name}-")
    commands = [path.read_bytes().decode() for path in Path("/proc").glob("[0-9]*/cmdline")]
    return [
        *(line for line in Path("/proc/mounts").read_text().splitlines() if name in line),
        *(path.name for path in Path("/run/netns").glob(f"slurm-energy-{name}-*")),
        *(text for text in commands if any(mark in text for mark in marks)),
        *(str(p) for root in cgroup_roots() for p in root.glob(f"slurm-energy-lab.{name}.*")),
        *(str(p) for p in Path("/var/lib/slurm-energy-lab").glob(name)),
    ]


class TestTheCache:
    def test_what_was_built_is_not_built_again(self, tmp_path: Path) -> None:
        cached("thing", "key", lambda place: (place / "a").touch(), tmp_path)
        place = cached("thing", "key", lambda place: (place / "b").touch(), tmp_path)
        assert sorted(path.name for path in place.iterdir()) == [".complete", "a"]

    def test_a_build_that_failed_leaves_nothing_that_is_taken_for_whole(
        self, tmp_path: Path
    ) -> None:
        def half(place: Path) -> None:
            (place / "half").touch()
            raise LabError("no more disk")

        with pytest.raises(LabError):
            cached("thing", "key", half, tmp_path)
        place = cached("thing", "key", lambda place: (place / "whole").touch(), tmp_path)
        assert sorted(path.name for path in place.iterdir()) == [".complete", "whole"]

    def test_one_without_its_stamp_is_built_again(self, tmp_path: Path) -> None:
        place = cached("thing", "key", lambda place: (place / "old").touch(), tmp_path)
        (place / ".complete").unlink()
        place = cached("thing", "key", lambda place: (place / "new").touch(), tmp_path)
        assert sorted(path.name for path in place.iterdir()) == [".complete", "new"]

    def test_what_nobody_asked_for_in_a_week_goes_but_not_what_is_in_use(
        self, tmp_path: Path
    ) -> None:
        for key in ("old", "used", "fresh"):
            cached("thing", key, lambda place: (place / "a").touch(), tmp_path)
        week_ago = time.time() - KEPT_SECONDS - 1
        for key in ("old", "used"):
            os.utime(tmp_path / f"thing-{key}" / ".complete", (week_ago, week_ago))
        assert prune({"thing-used"}, tmp_path) == ["thing-old"]
        assert sorted(p.name for p in tmp_path.glob("thing-*")) == ["thing-fresh", "thing-used"]


class TestErrors:
    def test_the_status_of_a_laboratory_that_is_down_is_an_error(self, lab: Lab) -> None:
        assert command("--name", lab.name, "status").returncode == 0
        assert command("--name", "never-up", "status").returncode == 1

    def test_a_bad_name_gives_one_line(self) -> None:
        result = command("status", SLURM_ENERGY_LAB="No Name")
        assert result.returncode == 1
        assert result.stderr.count("\n") == 1
        assert "SLURM_ENERGY_LAB='No Name'" in result.stderr

    def test_a_laboratory_that_is_down_gives_one_line(self) -> None:
        result = command("--name", "never-up", "run", "east", "true")
        assert (result.returncode, result.stderr.count("\n")) == (1, 1)
        assert "make lab-up" in result.stderr

    def test_an_unknown_host_is_named_with_those_there_are(self, lab: Lab) -> None:
        with pytest.raises(LabError, match=r"no host 'north' in .*; it has east and west"):
            lab.host("north")

    def test_another_slurm_is_refused_with_the_cure(self) -> None:
        require_slurm("26.05.5-1")
        with pytest.raises(LabError, match=r"carries Slurm 26.11.0-1, .* needs 26.05.x; state"):
            require_slurm("26.11.0-1")

    def test_missing_root_disk_and_tools_are_named(self, tmp_path: Path) -> None:
        with pytest.raises(LabError, match="run it as root"):
            outer.require_root(1000)
        with pytest.raises(LabError, match="GiB free, the laboratory needs 1e"):
            outer.require_disk(tmp_path / "not" / "there", 1e9)
        progress = Progress(tmp_path / "log", show=False)
        with pytest.raises(LabError, match="no-such-package"):
            outer.require_tools(progress, {"no-such-tool": "no-such-package"})
