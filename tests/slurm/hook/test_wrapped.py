"""A site with a script of its own, as the guide has it."""

import subprocess
from pathlib import Path

import pytest

from slurm_energy.service import hookscript
from tests.slurm.hookrun import HOOK

GUIDE = Path(__file__).parents[3] / "docs" / "install.md"
OURS = "/etc/slurm/slurm-energy.lua"
CASE = """
slurm = {{ SUCCESS = 0, ERROR = -1, log_user = print, log_error = print }}
dofile("{script}")
io.write(slurm_job_submit({{ user_id = 2001 }}, {{}}, 2001), slurm_job_modify({{}}, {{}}, {{}}, 0))
"""


def installed(folder: Path, *, ours: str | None) -> Path:
    """The guide's script beside a slurm.conf, and what it loads."""
    _, _, rest = GUIDE.read_text(encoding="utf-8").partition("```lua\n")
    beside = folder / "slurm-energy.lua"
    if ours is not None:
        beside.write_text(ours)
    (folder / "job_submit.lua").write_text(rest.partition("```")[0].replace(OURS, str(beside)))
    return folder / "slurm.conf"


@pytest.mark.parametrize("ours", [HOOK.read_text(), "this is not Lua", None])
def test_no_job_is_refused_whatever_became_of_ours(tmp_path: Path, ours: str | None) -> None:
    conf = installed(tmp_path, ours=ours)
    case = tmp_path / "case.lua"
    case.write_text(CASE.format(script=conf.with_name("job_submit.lua")))
    said = subprocess.run(["lua5.1", case], capture_output=True, text=True, check=True, timeout=20)
    assert said.stdout.splitlines()[-1] == "00"


def test_the_doctor_finds_ours_behind_it(tmp_path: Path) -> None:
    assert hookscript.problem(installed(tmp_path, ours=HOOK.read_text())) is None
    old = hookscript.problem(installed(tmp_path, ours="-- of last year"))
    assert old is not None
    assert old.endswith("slurm-energy.lua, not the hook of this version")


def test_the_doctor_tells_a_script_that_is_not_ours_or_not_there(tmp_path: Path) -> None:
    conf = tmp_path / "slurm.conf"
    assert "job_submit.lua can't be read: No such file" in str(hookscript.problem(conf))
    conf.with_name("job_submit.lua").write_text("return slurm.SUCCESS")
    assert "is not the one of this version, and loads none" in str(hookscript.problem(conf))
    conf.with_name("job_submit.lua").write_text(HOOK.read_text())
    assert hookscript.problem(conf) is None
