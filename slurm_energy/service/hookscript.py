"""Whether slurmctld's job_submit.lua is the hook of this version, or loads it."""

import os
import re
from importlib import resources
from pathlib import Path

NAME = "job_submit.lua"
_LOADS = re.compile(rb"""\b(?:loadfile|dofile)\s*\(?\s*["']([^"'\r\n]+)["']""")


def problem(conf: Path) -> str | None:
    """What is wrong with the hook beside this slurm.conf, in one line; None when all is well.

    A site with a script of its own loads ours from there by ``loadfile`` or ``dofile``.
    """
    path = conf.with_name(NAME)
    ours = resources.files("slurm_energy.service").joinpath(NAME).read_bytes()
    try:
        text = path.read_bytes()
        if text == ours:
            return None
        loaded = [conf.parent / os.fsdecode(name) for name in _LOADS.findall(text)]
        if any(one.read_bytes() == ours for one in loaded):
            return None
    except OSError as error:
        return f"{error.filename} can't be read: {error.strerror}"
    if loaded:
        return f"{path} loads {', '.join(map(str, loaded))}, not the hook of this version"
    return f"{path} is not the one of this version, and loads none"
