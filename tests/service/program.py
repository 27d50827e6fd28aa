"""The real daemon in a real process; only Slurm and the ledger are the tests' own.

``python -m tests.service.program CONFIG``: CONFIG is JSON with the keys that :func:`build` reads.
"""

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from slurm_energy.application import Application, Webhook
from slurm_energy.errors import ConfigError
from slurm_energy.model.job import Queue
from slurm_energy.model.series import ClusterSignals
from slurm_energy.power import Metered
from slurm_energy.service.daemon import Daemon
from slurm_energy.service.journal import Journal
from slurm_energy.service.notify import Notifier
from slurm_energy.signals.bearer import Bearer
from slurm_energy.signals.posted import PostedEvents, PostedTo
from slurm_energy.signals.power import ClusterPower, Power
from slurm_energy.state.peaks import PeakFile
from slurm_energy.state.posted import PostedFile
from slurm_energy.wiring import SystemClock
from tests.builders import make_contract, make_signals, some
from tests.fakes import FakeClock, FakeCluster
from tests.service.parts import House


class WallClock(FakeClock):
    """The real time, where a town has a clock that its test moves."""

    def __init__(self) -> None:
        super().__init__()
        self._system = SystemClock()

    def now(self) -> int:
        return self._system.now()

    def elapsed(self) -> float:
        return self._system.elapsed()


class Steered(FakeCluster):
    """A cluster that hangs or fails as long as the configuration file says so."""

    def __init__(self, config: Path, clock: FakeClock) -> None:
        super().__init__("east", clock)
        self._config = config

    def read(self) -> Queue:
        settings = json.loads(self._config.read_text())
        time.sleep(settings.get("hang", 0))
        if settings.get("broken"):
            raise ZeroDivisionError("a fault of ours")
        return super().read()


def build(config: Path, number: int = 0) -> Application:
    try:
        settings = json.loads(config.read_text())
    except ValueError as error:
        raise ConfigError([f"{config}: {error}", "and something else"]) from error
    directory = config.parent
    house = House(directory)
    house.town.clock = clock = WallClock()
    house.town.east = cluster = Steered(config, clock)
    house.town.submit(make_contract(), user="alice", name="nightly")
    house.town.signals.now = {"east": _shifted(clock.now())}
    bearer = Bearer(str(directory / "token"))
    webhook = Webhook(bearer, PostedEvents(PostedFile(directory), ["east"]))
    posted = ClusterPower(None, [PostedTo(webhook.events, "east", bearer.problem)])
    power = Metered(Power({"east": posted}), PeakFile(directory))
    cycle = house.town.daemon(ledger=house.ledger, readers={"east": cluster}, power=power)
    cycle.settings = replace(
        cycle.settings,
        interval=settings.get("interval", 30),
        mode="off" if house.application().released.reason() else settings.get("mode", "live"),
    )
    cycle._number = number
    port = settings.get("port")
    return house.application(
        cycle,
        socket=Path(settings["socket"]),
        listen=None if port is None else ("127.0.0.1", port),
        webhook=webhook,
        may_see_all=lambda uid: uid == 0 and not settings.get("private"),
    )


def _shifted(now: int) -> ClusterSignals:
    """Dirty for three hours from now on, then clean."""
    signals = make_signals([400.0] * 3 + [100.0] * 69)
    carbon = some(signals.carbon)
    offset = now - now % 3600 - carbon.times[0]
    times = tuple(moment + offset for moment in carbon.times)
    return replace(
        signals,
        carbon=replace(carbon, times=times, end=carbon.end + offset, issued=now),
        price=replace(carbon, times=times, end=carbon.end + offset, issued=now),
    )


if __name__ == "__main__":
    notifier = Notifier.from_environment(os.environ, os.getpid())
    Daemon(Path(sys.argv[1]), build, notifier, Journal(sys.stderr, prefixes=True)).run()
