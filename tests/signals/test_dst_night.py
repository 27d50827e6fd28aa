"""The nights on which Berlin's clocks change: no hour is lost, and none counts twice.

A provider answers in local time with its offset, a tariff and a limit are written by the local
clock, and what is decided by them is a moment that exists once.
"""

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from slurm_energy.decide.lease import leases
from slurm_energy.decide.pricing.price import curves
from slurm_energy.model.calendar import Band
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.policy import Policy
from slurm_energy.model.presets import PRESETS
from slurm_energy.model.series import ClusterSignals, Series
from slurm_energy.model.timeofuse import PricedBand, TimeOfUse
from slurm_energy.signals.providers.electricitymaps import ElectricityMaps
from slurm_energy.signals.tariff import Tariff
from tests.builders import HOUR, some
from tests.signals.providers.fetching import fetched, secret
from tests.signals.speaker import Says, Speaker

BERLIN = ZoneInfo("Europe/Berlin")
AUTUMN, SPRING = datetime(2026, 10, 25, tzinfo=BERLIN), datetime(2026, 3, 29, tzinfo=BERLIN)
NIGHTS = pytest.mark.parametrize(
    ("midnight", "hours"), [(AUTUMN, 25), (SPRING, 23)], ids=["autumn", "spring"]
)
NIGHT = Band(BERLIN, 22 * HOUR, 6 * HOUR)
EVALUATION = WorkloadClass.EVALUATION


def local(seconds: int) -> str:
    """As a provider in Berlin writes a moment: ``2026-10-25T02:00:00+01:00``."""
    return datetime.fromtimestamp(seconds, BERLIN).isoformat()


def told(speaker: Speaker, folder: Path, midnight: datetime, clean: int = -1) -> Series:
    """Two days of the provider from before ``midnight`` on, at midnight: 400 g, 401 g and so on.

    The hour ``clean`` after midnight has 50 g.
    """
    now = round(midnight.timestamp())

    def hour(number: int) -> dict[str, object]:
        value = 50 if number == clean else 400 + number
        return {"zone": "DE", "carbonIntensity": value, "datetime": local(now + number * HOUR)}

    root = "/v3/carbon-intensity"
    past = {"zone": "DE", "history": [hour(number) for number in range(-24, 0)]}
    ahead = {"zone": "DE", "forecast": [hour(number) for number in range(48)]}
    speaker.says(f"{root}/history", Says(json.dumps(past)))
    speaker.says(f"{root}/latest", Says(json.dumps(hour(0))))
    speaker.says(f"{root}/forecast", Says(json.dumps(ahead)))
    reading = fetched(speaker, ElectricityMaps("DE", secret(folder)), now - 24 * HOUR, now)
    assert reading.problems == ()
    return some(reading.series)


@NIGHTS
def test_a_providers_local_hours_are_as_many_as_the_day_has(
    speaker: Speaker, tmp_path: Path, midnight: datetime, hours: int
) -> None:
    series = told(speaker, tmp_path, midnight)
    first, last = (round(day.timestamp()) for day in (midnight, midnight + timedelta(days=1)))
    assert last - first == hours * HOUR
    day = [time for time in series.times if first <= time < last]
    assert day == list(range(first, last, HOUR))
    assert [series.at(time) for time in day] == [400 + number for number in range(hours)]


@NIGHTS
def test_a_tariff_changes_at_six_and_ten_by_the_clock_of_that_day(
    midnight: datetime, hours: int
) -> None:
    tariff = Tariff("day-night", TimeOfUse(110.0, (PricedBand(NIGHT, 70.0),)))
    now = round(midnight.timestamp())
    series = some(tariff.read(now).series)
    prices = [series.at(now + number * HOUR) for number in range(hours)]
    cheap = hours - 24 + 6
    assert prices == [70.0] * cheap + [110.0] * 16 + [70.0] * 2
    for clock, price in (("05:45", 70.0), ("06:00", 110.0), ("21:45", 110.0), ("22:00", 70.0)):
        moment = datetime.fromisoformat(f"{midnight.date()}T{clock}").replace(tzinfo=BERLIN)
        assert series.at(round(moment.timestamp())) == price


@NIGHTS
def test_the_curve_of_that_day_has_every_quarter_once(
    speaker: Speaker, tmp_path: Path, midnight: datetime, hours: int
) -> None:
    tariff = Tariff("day-night", TimeOfUse(110.0, (PricedBand(NIGHT, 70.0),)))
    now = round(midnight.timestamp())
    carbon = told(speaker, tmp_path, midnight)
    known = ClusterSignals(carbon, tariff.read(now).series)
    curve = some(curves(known, Policy(), now)[EVALUATION])
    quarters = [now + 900 * number for number in range(4 * hours)]
    assert (curve.start, curve.slot) == (now, 900)
    seen = some(curve.carbon)[: 4 * hours].tolist()
    assert seen == [400 + number // 4 for number in range(4 * hours)]
    assert some(curve.price)[: 4 * hours].tolist() == [some(known.price).at(t) for t in quarters]


@pytest.mark.parametrize(
    ("midnight", "clean", "clock"),
    [
        (AUTUMN, 2, "2026-10-25T02:00:00+02:00"),
        (AUTUMN, 3, "2026-10-25T02:00:00+01:00"),
        (SPRING, 2, "2026-03-29T03:00:00+02:00"),
    ],
    ids=["first two o'clock", "second two o'clock", "no two o'clock"],
)
def test_what_waits_for_a_clean_hour_waits_for_that_one(
    speaker: Speaker, tmp_path: Path, midnight: datetime, clean: int, clock: str
) -> None:
    policy = PRESETS["carbon-first"]
    now = round(midnight.timestamp())
    known = ClusterSignals(told(speaker, tmp_path, midnight, clean), None)
    (lease,) = leases(curves(known, policy, now), {EVALUATION: 12 * HOUR}, policy, now)
    assert local(lease.until) == clock
