"""The power settings: what they become, and how a fault reads."""

import re

import pytest

from slurm_energy.config.load import parse
from slurm_energy.config.power import PowerSettings
from slurm_energy.decide.gpus.boards import DEFAULT_MODEL
from slurm_energy.errors import ConfigError
from slurm_energy.model.power import GpuPower, PowerLimit

FULL = """
[power]
cpu_watts = 2.5
[power.clusters.east]
limit_kw = 800
demand_charge = 12.5
usual_peak_kw = 600
base_kw = 90
events = "/var/lib/slurm-energy/events-east.csv"
gpu = "h100"
[power.clusters.west]
[power.gpus.h100]
idle_watts = 70
speed = 1.8
[power.gpus.Gaudi3]
idle_watts = 200
active_watts = 900
"""


def power(text: str) -> PowerSettings:
    return parse(text, "test").power


def test_limits_are_in_watts() -> None:
    assert power(FULL).limits() == {
        "east": PowerLimit(800_000, 12.5, 600_000, 90_000),
        "west": PowerLimit(),
    }


def test_the_model_is_the_data_sheets_changed_as_the_file_says() -> None:
    model = power(FULL).model()
    assert model.gpus["h100"] == GpuPower(70, 700)
    assert model.gpus["gaudi3"] == GpuPower(200, 900)
    assert model.gpus["a100"] == DEFAULT_MODEL.gpus["a100"]
    assert (model.cpu, model.untyped) == (2.5, {"east": "h100"})
    assert model.speeds == {"h100": 1.8}


def test_without_a_table_nothing_is_limited_and_the_model_is_the_prior() -> None:
    settings = power("")
    assert settings.limits() == {}
    assert settings.model() == DEFAULT_MODEL


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[power.clusters.east]\nlimit_kw = 0", "limit_kw = 0: Input should be greater than 0"),
        (
            "[power.clusters.east]\nlimit_kw = 80\nbase_kw = 90",
            "base_kw 90 leaves no room below limit_kw 80; lower base_kw",
        ),
        ("[power.gpus.gaudi3]\nidle_watts = 9", "give its idle_watts and active_watts"),
        (
            "[power.gpus.h100]\nidle_watts = 900",
            "gpus.h100: idle 900 W is above active 700 W; allowed is at most that",
        ),
        ("[power.clusters.east]\nkw = 5", "no such setting"),
        (
            "[site.clusters.east]\n[power.clusters.north]\nlimit_kw = 5",
            "power.clusters.north is no cluster of site.clusters; allowed: east",
        ),
        (
            "[[power.clusters.east.schedule]]\ncalendar = 'x'\nkw = 5\nreason = 'r'",
            "power.clusters.east.schedule: x is none of calendars; "
            "allowed: none yet, add [calendars.x]",
        ),
        (
            "[calendars.de]\nzone = 'UTC'\n"
            "[[power.clusters.east.schedule]]\ncalendar = 'fr'\nkw = 5\nreason = 'r'",
            "power.clusters.east.schedule: fr is none of calendars; allowed: de",
        ),
        (
            "[[power.clusters.east.schedule]]\ncalendar = 'x'\nkw = -5\nreason = 'r'",
            "power.clusters.east.schedule.0.kw = -5: Input should be greater than or equal to 0",
        ),
        (
            "[power]\nwebhook_token = 'a/b'",
            "power.webhook_token: write an absolute path, or the bare name of",
        ),
        (
            "[power]\nwebhook_token = 'token'\n[metrics]\nlisten = ''",
            "power.webhook_token: there is no page without metrics.listen; set it",
        ),
    ],
)
def test_a_fault_is_one_line_with_its_cure(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(told)) as error:
        parse(text, "test")
    assert len(error.value.problems) == 1
