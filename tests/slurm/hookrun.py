"""Drives etc/job_submit.lua under lua5.1 with a `slurm` table that notes what is said and set."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

HOOK = Path(__file__).parents[2] / "etc" / "job_submit.lua"
NO_VAL16, NO_VAL, INFINITE = 65534, 4294967294, 4294967295
OWNER = 2001

PRELUDE = """
local function say(kind, ...)
  io.write(kind, "\\t", (string.format(...):gsub("\\n", "\\\\n")), "\\n")
end
slurm = {{
  SUCCESS = 0, ERROR = -1, CLUSTER_NAME = {cluster},
  log_user = function(...) say("user", ...) end,
  log_error = function(...) say("error", ...) end,
}}
local clock = {now}
dofile({hook})
slurm_energy.rules_path, slurm_energy.now_path = {rules}, {table}
slurm_energy.time = function() return clock end
local function job(values)
  return setmetatable({{}}, {{
    __index = values,
    __newindex = function(_, key, value)
      say("set", "%s=%s", key, tostring(value))
      values[key] = value
    end,
  }})
end
local function submit(values, parts, uid)
  say("rc", "%d", slurm_job_submit(job(values), parts, uid))
end
local function modify(change, record, parts, uid)
  say("rc", "%d", slurm_job_modify(job(change), job(record), parts, uid))
end
"""


@dataclass
class Spoken:
    """What came of a run: return codes, lines to the user, lines to the log, fields written."""

    codes: list[int] = field(default_factory=list)
    user: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    sets: dict[str, str] = field(default_factory=dict)

    @property
    def code(self) -> int:
        (code,) = self.codes
        return code


def lua(value: object) -> str:
    """A Python value as a Lua literal."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{lua(key)}] = {lua(v)}" for key, v in value.items()) + "}"
    if isinstance(value, int):
        return str(value)
    if value is None:
        return "nil"
    raw = str(value).encode(errors="surrogateescape")
    return '"' + "".join(f"\\{byte:03d}" for byte in raw) + '"'


def job(**changes: object) -> dict[str, object]:
    """What slurmctld shows of `sbatch --time=60` by an ordinary user, changed as asked."""
    values: dict[str, object] = {
        "user_id": OWNER,
        "script": "#!/bin/sh\nsleep 1\n",
        "name": "job",
        "time_limit": 60,
        "begin_time": 0,
        "priority": NO_VAL,
        "immediate": 0,
        "cron_job": False,
        "het_job_offset": NO_VAL,
        "min_nodes": NO_VAL,
        "num_tasks": NO_VAL,
        "ntasks_per_node": NO_VAL16,
        "sockets_per_node": NO_VAL16,
        "default_account": "research",
        "default_qos": "normal",
        "environment": {},
    }
    return {key: value for key, value in (values | changes).items() if value is not None}


PARTITIONS: dict[str, object] = {
    "gpu": {"flag_default": 1, "default_time": NO_VAL, "max_time": 1440},
    "endless": {"flag_default": 0, "default_time": NO_VAL, "max_time": INFINITE},
}


@dataclass
class Site:
    """A controller: its name, its two files (None: absent) and its clock."""

    folder: Path
    rules: str | bytes | None
    table: str | bytes | None
    now: int
    cluster: str | None = "east"

    def run(self, body: str, prologue: str = "") -> Spoken:
        """Run some Lua after the hook is loaded."""
        script = self._prelude() + prologue + body
        path = self.folder / "case.lua"
        path.write_text(script)
        done = subprocess.run(
            ["lua5.1", path],
            capture_output=True,
            check=True,
            text=True,
            timeout=20,
            env=os.environ | {"TZ": "UTC"},
        )
        spoken = Spoken()
        for line in done.stdout.splitlines():
            kind, _, text = line.partition("\t")
            if kind == "rc":
                spoken.codes.append(int(text))
            elif kind == "set":
                key, _, value = text.partition("=")
                spoken.sets[key] = value
            else:
                {"user": spoken.user, "error": spoken.errors}[kind].append(text)
        return spoken

    def submit(self, values: dict[str, object], uid: int = OWNER, prologue: str = "") -> Spoken:
        """One submission."""
        return self.run(f"submit({lua(values)}, {lua(PARTITIONS)}, {uid})\n", prologue)

    def modify(
        self, change: dict[str, object], record: dict[str, object], uid: int = OWNER
    ) -> Spoken:
        """One `scontrol update`."""
        return self.run(f"modify({lua(change)}, {lua(record)}, {lua(PARTITIONS)}, {uid})\n")

    def _prelude(self) -> str:
        paths = {}
        for name, content in (("rules", self.rules), ("table", self.table)):
            path = self.folder / f"{name}.table"
            path.unlink(missing_ok=True)
            if content is not None:
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
            paths[name] = lua(str(path))
        return PRELUDE.format(now=self.now, hook=lua(str(HOOK)), cluster=lua(self.cluster), **paths)
