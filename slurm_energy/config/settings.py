"""The whole configuration file: every setting once, with its default, unit and meaning."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import Field, field_validator, model_validator

from slurm_energy.config.calendar import CalendarSettings
from slurm_energy.config.costs import CostsSettings
from slurm_energy.config.power import PowerSettings
from slurm_energy.config.references import misfit, strangers
from slurm_energy.config.rules import (
    ContractClass,
    Count,
    DeferrableClass,
    Duration,
    Name,
    RulesSettings,
    Strict,
    Text,
)
from slurm_energy.config.sources import Constant, Sources, name_of
from slurm_energy.config.tariff import TariffSettings
from slurm_energy.model.budget import Budgets
from slurm_energy.model.policy import Policy
from slurm_energy.model.presets import PRESETS
from slurm_energy.model.series import BOUNDS, Signal

HOUR = 3600
Factor = Annotated[float, Field(ge=0, le=100)]


def _within(value: float, signal: Signal, where: str) -> None:
    """Raises ``ValueError`` for what no such signal can be: the bounds that its series have."""
    low, high = BOUNDS[signal]
    if not low <= value <= high:
        told = f"{where} {value:g} {signal} can't be; allowed {low:g} to {high:g}"
        raise ValueError(f"{told}; write what it is in {signal}")


class Client(StrEnum):
    """How to speak to Slurm."""

    PYSLURM = "pyslurm"
    COMMANDS = "commands"


class DaemonSettings(Strict):
    """The process."""

    cluster: Name | None = Field(
        default=None, description="the cluster beside us; absent: Slurm's own ClusterName"
    )
    interval: Duration = Field(default=30, gt=0, description="time between two turns")
    state_directory: Path = Field(
        default=Path("/var/lib/slurm-energy"), description="what survives a restart"
    )
    socket: Path = Field(
        default=Path("/run/slurm-energy/query.sock"), description="where status and explain ask"
    )
    rules_table: Path = Field(
        default=Path("/etc/slurm-energy/rules.table"),
        description="static rules for the submit hook, written by config install-rules",
    )


class SlurmSettings(Strict):
    """How the clusters are reached."""

    client: Client = Field(
        default=Client.PYSLURM, description="pyslurm, or commands where no pyslurm fits"
    )
    timeout: Duration = Field(default=20, gt=0, description="longest one call may take")
    conf: dict[Name, Path] = Field(
        default_factory=dict,
        description="slurm.conf by cluster; absent: /etc/slurm/slurm.conf for the one beside us",
    )


class ClusterSources(Strict):
    """One cluster's signals; what is absent is not weighed."""

    carbon: Sources = Field(
        default=(), description="one source, or a list in order of preference; of one kind"
    )
    price: Sources = Field(
        default=(), description="one source, or a list in order of preference; per MWh or kWh"
    )
    temperature: Sources = Field(
        default=(), description="the same, degC outside; costs.clusters.CLUSTER.pue_curve uses it"
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = {source.kind for source in self.carbon}
        if len(kinds) > 1:
            told = " and ".join(sorted(kinds))
            raise ValueError(f"carbon: {told} can't stand in for one another; keep one kind")
        return self

    def _by_signal(self) -> tuple[tuple[str, Sources], ...]:
        return (
            ("carbon", self.carbon),
            ("price", self.price),
            ("temperature", self.temperature),
        )

    @model_validator(mode="after")
    def _each_its_signal(self) -> Self:
        for name, sources in self._by_signal():
            for source in sources:
                if name not in source.tells:
                    raise ValueError(f"{name}: {name_of(source)} tells no {name}; remove it there")
                if isinstance(source, Constant):
                    _within(source.constant, Signal[name.upper()], f"{name}: constant")
        return self


class ReplaySettings(Strict):
    """Recorded signals shown at another time and speed, for trials."""

    start: datetime = Field(description="the recorded moment that is shown first, with offset")
    at: datetime = Field(description="the wall moment at which it is shown, with offset")
    speed: float = Field(default=1.0, gt=0, le=3600, description="recorded seconds per wall second")

    @model_validator(mode="after")
    def _zoned(self) -> Self:
        for moment in (self.start, self.at):
            if moment.tzinfo is None:
                msg = f"{moment.isoformat()} has no offset; write 2026-01-01T00:00Z"
                raise ValueError(msg)
        return self


class SignalsSettings(Strict):
    """Where carbon and price come from, by cluster."""

    clusters: dict[Name, ClusterSources] = Field(
        default_factory=dict, description="sources by cluster"
    )
    stale_after: Duration = Field(
        default=36 * HOUR, gt=0, description="age past which a signal counts as missing"
    )
    currency: str = Field(
        default="EUR", pattern=r"^[A-Z]{3}$", description="the one currency in which prices count"
    )
    forecast: Literal["auto", "learned", "week", "yesterday", "off"] = Field(
        default="auto",
        description="who continues a file that ends early, from the past rows it has: auto is "
        "whichever has ranked hours best; a replay is never continued",
    )
    replay: ReplaySettings | None = Field(default=None, description="absent: signals are live")


class ClassPolicySettings(Strict):
    """What to change in how a class weighs things; absent keeps the default."""

    carbon: Factor | None = Field(default=None, description="weight of carbon intensity")
    price: Factor | None = Field(default=None, description="weight of the energy price")
    delay: Factor | None = Field(
        default=None,
        description="price of an hour of waiting, in hours of run at one standard deviation",
    )
    ramp: Duration | None = Field(
        default=None, gt=0, description="slack below which its SiteFactor rises"
    )
    urgency: Factor | None = Field(default=None, le=1, description="share of urgency in a boost")
    energy: Factor | None = Field(default=None, le=1, description="share of energy in a boost")
    stop: bool | None = Field(
        default=None, description="whether interruptible running jobs may be stopped and resumed"
    )


class ThresholdSettings(Strict):
    """A class waits while a signal is above a value and the queue ahead of it is shallow."""

    workload_class: DeferrableClass = Field(alias="class", description="the class that waits")
    signal: Literal["carbon", "price"] = Field(default="carbon", description="carbon or price")
    above: float = Field(description="in gCO2eq/kWh, or in currency per MWh")
    while_ahead_below: int | None = Field(
        default=None,
        gt=0,
        le=1_000_000,
        description="it holds while eligible jobs of other kinds want fewer GPUs; absent: always",
    )

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        _within(self.above, Signal[self.signal.upper()], "above")
        return self


class BudgetSettings(Strict):
    """The most that putting jobs off may come to, on each cluster; absent: no bound."""

    deferred_share: float | None = Field(
        default=None, ge=0, le=1, description="share of the GPU-hours asked for, 0 to 1"
    )
    class_delay: dict[DeferrableClass, Duration] = Field(
        default_factory=dict, description="mean delay of all jobs of a class"
    )
    account_delay: Duration | None = Field(
        default=None, description="mean delay of all jobs of each account"
    )
    accounts: dict[Text, Duration] = Field(
        default_factory=dict, description="the same for single accounts, instead"
    )
    idle_gpu_hours: float | None = Field(
        default=None,
        ge=0,
        le=24e6,
        description="GPU-hours a day that stand idle while a put-off job could use them",
    )
    window: Duration = Field(
        default=Budgets().window,
        ge=24 * HOUR,
        description="over it shares and means fade: after it a job counts 1/e of a new one",
    )


_DEFAULT = Policy()
_MOST_SLOTS = 5000
"""Every turn works through all of them, for every kind of job; minutes of three days fit."""


class PolicySettings(Strict):
    """The trade-off: a preset, and single settings instead of the preset's."""

    preset: str = Field(default=next(iter(PRESETS)), description=f"{', '.join(PRESETS)}; see below")
    classes: dict[ContractClass, ClassPolicySettings] = Field(
        default_factory=dict, description="changes by class"
    )
    slot: Duration = Field(default=_DEFAULT.slot, ge=1, description="grain of begin times")
    horizon: Duration = Field(
        default=_DEFAULT.horizon, ge=HOUR, le=7 * 24 * HOUR, description="how far we look"
    )
    margin: Duration = Field(
        default=_DEFAULT.margin, description="kept free before every latest start"
    )
    usual_wait: Duration = Field(
        default=_DEFAULT.usual_wait, description="queue wait assumed without enough history"
    )
    wait_quantile: float = Field(
        default=0.95, gt=0, lt=1, description="quantile of past queue waits that is left free"
    )
    wide_wait: Duration = Field(
        default=_DEFAULT.wide_wait, description="least wait assumed for more than half a partition"
    )
    least_gain: float = Field(
        default=_DEFAULT.least_gain,
        ge=0,
        le=100,
        description="a later start must be better by this much; presets differ",
    )
    busy_hours: float = Field(
        default=_DEFAULT.busy_hours,
        gt=0,
        le=10_000,
        description="demand, in hours of all GPUs, to defer below",
    )
    band_hours: float = Field(
        default=_DEFAULT.band_hours, ge=0, le=10_000, description="largest boost, as hours of age"
    )
    interruption_cost: Duration = Field(
        default=_DEFAULT.interruption_cost, description="run time lost with each stop of a job"
    )
    least_run: Duration = Field(
        default=_DEFAULT.least_run, description="least run of a resumed job before its next stop"
    )
    update_cap: Count = Field(default=_DEFAULT.update_cap, gt=0, description="most updates a turn")
    thresholds: tuple[ThresholdSettings, ...] = ()
    budgets: BudgetSettings = Field(default_factory=BudgetSettings)

    @field_validator("preset")
    @classmethod
    def _known(cls, preset: str) -> str:
        if preset not in PRESETS:
            raise ValueError(f"no such preset; use {' or '.join(PRESETS)}")
        return preset

    @model_validator(mode="after")
    def _slots_fit(self) -> Self:
        if self.slot > self.horizon:
            raise ValueError("slot is longer than horizon; use a shorter slot, such as 15m")
        if self.horizon // self.slot > _MOST_SLOTS:
            told = f"slot {self.slot} s makes {self.horizon // self.slot} slots of the horizon"
            raise ValueError(f"{told}; at most {_MOST_SLOTS} are planned: use a longer slot")
        return self


class LedgerSettings(Strict):
    """The database."""

    url: str | None = Field(
        default=None,
        min_length=1,
        description="PostgreSQL URL without a password; absent: an embedded server",
    )
    password_file: Path | None = Field(default=None, description="file that holds the password")
    retention: Duration = Field(
        default=366 * 24 * HOUR, gt=0, description="age past which rows are deleted"
    )

    @field_validator("url")
    @classmethod
    def _without_a_password(cls, url: str | None) -> str | None:
        """What stands here is shown by ``config show``."""
        try:
            parts = {} if url is None else conninfo_to_dict(url)
        except ProgrammingError:
            raise ValueError("it is no PostgreSQL URL; such as postgresql://user@host/db") from None
        if "password" in parts:
            raise ValueError("it holds a password; put that into the file of password_file")
        return url


class MetricsSettings(Strict):
    """Prometheus."""

    listen: str = Field(
        default="127.0.0.1:9817",
        pattern=r"^((127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d{1,5})?$",
        description="loopback address and port; an empty string: no metrics",
    )

    def address(self) -> tuple[str, int] | None:
        """Host and port, or None where no metrics are wanted."""
        if not self.listen:
            return None
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


class Settings(RulesSettings):
    """The configuration file, table by table."""

    daemon: DaemonSettings = Field(default_factory=DaemonSettings)
    slurm: SlurmSettings = Field(default_factory=SlurmSettings)
    calendars: dict[Name, CalendarSettings] = Field(
        default_factory=dict, description="clocks and holidays by a name of yours"
    )
    tariffs: dict[Name, TariffSettings] = Field(
        default_factory=dict, description="prices by contract, by a name of yours"
    )
    signals: SignalsSettings = Field(default_factory=SignalsSettings)
    policy: PolicySettings = Field(default_factory=PolicySettings)
    costs: CostsSettings = Field(default_factory=CostsSettings)
    power: PowerSettings = Field(default_factory=PowerSettings)
    ledger: LedgerSettings = Field(default_factory=LedgerSettings)
    metrics: MetricsSettings = Field(default_factory=MetricsSettings)

    @model_validator(mode="after")
    def _known_clusters(self) -> Self:
        if not self.site.clusters:
            return self
        for place in strangers(self, self.site.clusters):
            allowed = ", ".join(self.site.clusters)
            raise ValueError(f"{place} is no cluster of site.clusters; allowed: {allowed}")
        return self

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        found = misfit(self)
        if found is not None:
            raise ValueError(found)
        return self

    @model_validator(mode="after")
    def _webhook_has_a_page(self) -> Self:
        if self.power.webhook_token is not None and not self.metrics.listen:
            msg = "power.webhook_token: there is no page without metrics.listen; set it"
            raise ValueError(f"{msg} to an address such as 127.0.0.1:9817")
        return self

    @model_validator(mode="after")
    def _thresholds_have_signals(self) -> Self:
        sources = self.signals.clusters.values()
        for clause in self.policy.thresholds:
            if sources and not any(getattr(one, clause.signal) for one in sources):
                msg = (
                    f"policy.thresholds: no cluster has a {clause.signal} signal; "
                    f"add one to signals.clusters or remove the threshold"
                )
                raise ValueError(msg)
        return self
