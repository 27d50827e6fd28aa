"""A client library fits one release of Slurm only."""

import pytest

from slurm_energy.errors import SlurmMismatch, SlurmUnavailable
from slurm_energy.slurm import versions
from slurm_energy.slurm.versions import Version


@pytest.mark.parametrize("text", ["slurm 26.05.5", "slurm-wlm 26.05.5\n", "26.5.2", "26.05.0-0rc1"])
def test_a_release_is_major_and_minor(text: str) -> None:
    assert versions.parse(text) == Version(26, 5)
    assert str(versions.parse(text)) == "26.05"


def test_no_version_is_no_slurm() -> None:
    with pytest.raises(SlurmUnavailable, match="names no version of Slurm"):
        versions.parse("command not found")


def test_a_pyslurm_of_this_release_fits() -> None:
    versions.check_pyslurm(Version(26, 5), "26.5.2")


@pytest.mark.parametrize("pyslurm", ["25.11.2", "26.11.0", "24.5.0"])
def test_another_is_refused_with_the_cure(pyslurm: str) -> None:
    with pytest.raises(
        SlurmMismatch, match=r"not built for Slurm 26\.05; build one .*build_pyslurm"
    ):
        versions.check_pyslurm(Version(26, 5), pyslurm)
