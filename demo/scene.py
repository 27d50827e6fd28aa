"""The stage: a generated carbon and price day, replayed fast, and the daemon on both hosts."""

import re
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from lab.host import Host
from lab.laboratory import Lab
from lab.progress import wait_until
from slurm_energy.model.series import Series
from slurm_energy.model.timescale import TimeScale
from slurm_energy.signals import sample

SPEED = 240
"""An hour of the recorded day takes 15 seconds."""
OPENING = datetime(2026, 6, 15, 6, 30, tzinfo=UTC)
"""The recorded moment at which each act begins: the dirty morning before a sunny noon."""
LEAD = 20
"""Seconds before each act in which the daemons start; the recorded night passes meanwhile."""
SEEDS = {"east": 1, "west": 2}
DAEMON = "slurm-energyd.service"
CONFIG = "/etc/slurm-energy/slurm-energy.toml"
MODE = re.compile(r'^mode = ".*"$', re.MULTILINE)

_SIGNALS = """
[signals.clusters.{cluster}]
carbon = {{ csv = "/etc/slurm-energy/carbon-{cluster}.csv" }}
price = {{ csv = "/etc/slurm-energy/price-{cluster}.csv" }}
"""

_REPLAY = """
[signals.replay]
start = "{start}"
at = "{at}"
speed = {speed}

[[limits]]
name = "product-ceiling"
account = ["product"]
urgency = 80
"""


@dataclass(frozen=True, slots=True)
class Day:
    """The recorded day of each cluster, and how it runs against the wall clock."""

    carbon: dict[str, Series]
    price: dict[str, Series]
    scale: TimeScale

    @property
    def started(self) -> int:
        """When the replay began, wall time."""
        return round(self.scale.start_wall)

    def earlier(self, seconds: float) -> "Day":
        """The same day, begun so many wall seconds earlier."""
        began = TimeScale(self.scale.start_recorded, self.scale.start_wall - seconds, SPEED)
        return replace(self, scale=began)

    def recorded(self, wall: float) -> datetime:
        """What the recorded clock shows at a wall moment."""
        return datetime.fromtimestamp(self.scale.recorded_time(wall), UTC)


def generated_day(now: int) -> Day:
    """Three generated days per cluster, replayed so that ``OPENING`` comes ``LEAD`` from now."""
    midnight = int(OPENING.replace(hour=0, minute=0).timestamp())
    return Day(
        carbon={name: sample.carbon(midnight, 3, seed) for name, seed in SEEDS.items()},
        price={name: sample.price(midnight, 3, seed) for name, seed in SEEDS.items()},
        scale=TimeScale(OPENING.timestamp(), now + LEAD, SPEED),
    )


def configuration(laboratory: str, day: Day, mode: str) -> str:
    """The laboratory's configuration in this mode, the day's signals for its constant ones."""
    kept = MODE.sub(f'mode = "{mode}"', laboratory.partition("[signals.")[0])
    signals = "".join(_SIGNALS.format(cluster=name) for name in SEEDS)
    at = datetime.fromtimestamp(day.started, UTC).isoformat()
    return kept + signals + _REPLAY.format(start=OPENING.isoformat(), at=at, speed=SPEED)


def set_up(lab: Lab, day: Day, mode: str) -> None:
    """Put configuration, rules and signals on both hosts, start the daemon, wait for the day."""
    for host in lab.hosts:
        host.write(CONFIG, configuration(host.read(CONFIG), day, mode))
        for name in SEEDS:
            host.write(
                f"/etc/slurm-energy/carbon-{name}.csv",
                sample.to_csv(day.carbon[name], "gCO2eq/kWh"),
            )
            host.write(
                f"/etc/slurm-energy/price-{name}.csv", sample.to_csv(day.price[name], "EUR/MWh")
            )
        host.run(["slurm-energy", "config", "check"])
        host.run(["slurm-energy", "config", "install-rules"])
    for host in lab.hosts:
        host.systemctl("stop", DAEMON)
    for host in lab.hosts:
        host.systemctl("start", DAEMON)
        wait_until(f"{host.name}'s first turn", partial(_has_turned, host), 30)
    time.sleep(max(0.0, day.started - time.time()))


def _has_turned(host: Host) -> bool:
    return "cycle" in host.run(["slurm-energy", "status"], check=False).stdout
