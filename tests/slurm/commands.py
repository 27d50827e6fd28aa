"""Stand-ins for Slurm's commands: real programs on the PATH that say what a test wants."""

import json
import shlex
from pathlib import Path
from typing import Any


class Bin:
    """A directory of commands; each call writes its arguments and input beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def says(self, name: str, out: str = "", err: str = "", code: int = 0, wait: float = 0) -> None:
        """The command prints this and ends so, after ``wait`` seconds."""
        (self.path / f"{name}.out").write_text(out)
        (self.path / f"{name}.err").write_text(err)
        here = shlex.quote(str(self.path / name))
        script = self.path / name
        script.write_text(
            "#!/bin/sh\n"
            f"{{ printf '%s\\n' \"$@\"; }} > {here}.argv\n"
            f"cat > {here}.in\n"
            f"env > {here}.env\n"
            f"sleep {wait}\n"
            f"cat {here}.out\n"
            f"cat {here}.err >&2\n"
            f"exit {code}\n"
        )
        script.chmod(0o755)

    def script(self, name: str, body: str) -> None:
        """The command is this shell script."""
        script = self.path / name
        script.write_text(f"#!/bin/sh\n{body}")
        script.chmod(0o755)

    def says_json(self, name: str, answer: object) -> None:
        """The command prints this as JSON."""
        self.says(name, json.dumps(answer))

    def argv(self, name: str) -> list[str]:
        """The arguments of its last call."""
        return (self.path / f"{name}.argv").read_text().splitlines()

    def stdin(self, name: str) -> str:
        """What its last call read."""
        return (self.path / f"{name}.in").read_text()

    def env(self, name: str) -> dict[str, str]:
        """The environment of its last call."""
        lines = (self.path / f"{name}.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)


def number(value: int | None) -> dict[str, object]:
    """A number as Slurm's JSON has it; None: not set."""
    return {"set": value is not None, "infinite": False, "number": value or 0}


INFINITE: dict[str, object] = {"set": False, "infinite": True, "number": 0}


def squeue_job(job_id: int = 100, **changes: Any) -> dict[str, Any]:
    """A pending batch job of one hour and two GPUs, as ``squeue --json`` prints it (26.05)."""
    known: dict[str, Any] = {
        "account": "research",
        "admin_comment": "",
        "array_job_id": number(0),
        "array_task_id": number(None),
        "array_task_string": "",
        "batch_flag": True,
        "comment": "",
        "cpus": number(1),
        "cron": "",
        "deadline": number(0),
        "dependency": "",
        "eligible_time": number(1_790_000_000),
        "end_time": number(1_790_003_600),
        "federation_origin": "",
        "federation_siblings_viable": "",
        "flags": [],
        "het_job_id": number(0),
        "job_id": job_id,
        "job_state": ["PENDING"],
        "name": "eval",
        "node_count": number(1),
        "nodes": "",
        "partition": "gpu",
        "priority": number(2500),
        "qos": "normal",
        "restart_cnt": 0,
        "resv_name": "",
        "start_time": number(1_790_000_000),
        "state_reason": "Priority",
        "submit_time": number(1_789_999_000),
        "tasks": number(1),
        "time_limit": number(60),
        "tres_per_job": "gres/gpu:2",
        "tres_per_node": "",
        "tres_per_task": "",
        "tres_req_str": "cpu=1,node=1,billing=1,gres/gpu=2",
        "user_name": "alice",
    }
    return known | changes
