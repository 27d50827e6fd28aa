"""A cluster's settings, out of what ``scontrol show config`` prints."""

import pytest

from slurm_energy.errors import SlurmUnavailable
from slurm_energy.slurm import siteconfig

MULTIFACTOR = """Configuration data as of 2026-11-23T10:29:56
ClusterName             = east
JobSubmitPlugins        = lua
MaxJobCount             = 10000
PrioritySiteFactorPlugin = (null)
PriorityCalcPeriod      = 00:01:00
PriorityMaxAge          = 7-00:00:00
PriorityType            = priority/multifactor
PriorityWeightAge       = 1680
PrivateData             = jobs,usage
SchedulerParameters     = bf_interval=5,defer
SlurmctldParameters     = rl_enable,rl_bucket_size=30
SLURM_VERSION           = 26.05.5

Slurmctld(primary) at east is UP
"""
BASIC = """ClusterName             = east
JobSubmitPlugins        = (null)
MaxJobCount             = 10000
PriorityType            = priority/basic
PrivateData             = none
SchedulerParameters     = (null)
SlurmctldParameters     = (null)
SLURM_VERSION           = 26.05.5
"""


def test_a_cluster_with_multifactor() -> None:
    config = siteconfig.parse(MULTIFACTOR)
    assert (config.cluster, config.version) == ("east", "26.05.5")
    assert config.multifactor
    assert config.age_points_per_hour == 10
    assert config.priority_calc_period == 60
    assert config.job_submit_plugins == ("lua",)
    assert config.private_data == {"jobs", "usage"}
    assert config.max_job_count == 10_000
    assert config.rate_limited
    assert config.site_factor_plugin == ""


def test_a_cluster_without_multifactor_says_nothing_of_its_settings() -> None:
    config = siteconfig.parse(BASIC)
    assert not config.multifactor
    assert config.age_points_per_hour is None
    assert config.private_data == frozenset()
    assert not config.rate_limited


@pytest.mark.parametrize(
    ("line", "instead", "message"),
    [
        ("MaxJobCount             = 10000\n", "", "MaxJobCount is 'missing'"),
        ("= 10000", "= many", "MaxJobCount is 'many'"),
        ("00:01:00", "soon", "PriorityCalcPeriod is 'soon'"),
    ],
)
def test_settings_that_cannot_be_read_are_named(line: str, instead: str, message: str) -> None:
    with pytest.raises(SlurmUnavailable, match=message):
        siteconfig.parse(MULTIFACTOR.replace(line, instead))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7-00:00:00", 604_800), ("00:01:00", 60), ("60 sec", 60), ("0", 0), ("120", 120)],
)
def test_times_are_seconds(text: str, seconds: int) -> None:
    assert siteconfig.seconds(text) == seconds
