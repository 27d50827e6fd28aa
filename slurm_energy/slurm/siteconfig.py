"""What ``scontrol show config`` says of a cluster, as one value."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from slurm_energy.errors import SlurmUnavailable
from slurm_energy.slurm.commands import Commands

_T = TypeVar("_T")
_LINE = re.compile(r"([A-Za-z_]+)\s*=\s*(.*?)\s*")
_TIME = re.compile(r"(?:(\d+)-)?(\d+):(\d+):(\d+)")
_SECONDS = re.compile(r"(\d+)(?: (?:sec|s))?")
_LIMITS = frozenset({"limits", "qos", "safe", "all"})
"""Values of AccountingStorageEnforce that enforce limits, or imply it."""
_UNSET = frozenset({"(null)", "none", "N/A", "NONE", ""})


@dataclass(frozen=True, slots=True)
class SlurmConfig:
    """The settings of one cluster that we depend on. Times are in seconds."""

    cluster: str
    version: str
    priority_type: str
    site_factor_plugin: str
    """PrioritySiteFactorPlugin; empty when there is none."""
    job_submit_plugins: tuple[str, ...]
    priority_calc_period: int
    priority_weight_age: int
    priority_max_age: int
    priority_flags: frozenset[str]
    enforced: frozenset[str]
    """AccountingStorageEnforce."""
    private_data: frozenset[str]
    max_job_count: int
    slurmctld_parameters: Mapping[str, str]

    @property
    def multifactor(self) -> bool:
        """Whether SiteFactor means anything on this cluster."""
        return self.priority_type.endswith("multifactor")

    @property
    def age_points_per_hour(self) -> float | None:
        """Priority points an hour of waiting is worth; None without multifactor."""
        if not self.multifactor or self.priority_max_age <= 0:
            return None
        return self.priority_weight_age * 3600 / self.priority_max_age

    @property
    def forgets_age(self) -> bool:
        """Whether a job that is put off loses its age and gets none while it waits.

        Seen on 26.05: where limits are enforced, a begin time ahead clears AccrueTime.
        """
        return bool(_LIMITS & self.enforced) and "ACCRUE_ALWAYS" not in self.priority_flags

    @property
    def rate_limited(self) -> bool:
        """Whether slurmctld limits how many RPCs a user may send."""
        return "rl_enable" in self.slurmctld_parameters


def load(commands: Commands) -> SlurmConfig:
    """Ask slurmctld for its settings. Raises ``SlurmUnavailable``."""
    return parse(commands.text(["scontrol", "--local", "show", "config"]))


def parse(text: str) -> SlurmConfig:
    """The settings in what ``scontrol show config`` printed. Raises ``SlurmUnavailable``."""
    matches = (_LINE.fullmatch(line.strip()) for line in text.splitlines())
    found = {match[1]: match[2] for match in matches if match}

    def take(name: str, read: Callable[[str], _T], absent: str | None = None) -> _T:
        text = found.get(name, absent)
        try:
            if text is not None:
                return read(text)
        except ValueError:
            pass
        raise SlurmUnavailable(
            f"scontrol show config: {name} is {text or 'missing'!r}; is slurmctld up?"
        )

    # Only multifactor has the settings of multifactor.
    return SlurmConfig(
        cluster=take("ClusterName", str),
        version=take("SLURM_VERSION", str),
        priority_type=take("PriorityType", str),
        site_factor_plugin=take("PrioritySiteFactorPlugin", _word, ""),
        job_submit_plugins=take("JobSubmitPlugins", _words),
        priority_calc_period=take("PriorityCalcPeriod", seconds, "0"),
        priority_weight_age=take("PriorityWeightAge", int, "0"),
        priority_max_age=take("PriorityMaxAge", seconds, "0"),
        priority_flags=frozenset(take("PriorityFlags", _words, "")),
        enforced=frozenset(take("AccountingStorageEnforce", _words, "")),
        private_data=frozenset(take("PrivateData", _words)),
        max_job_count=take("MaxJobCount", int),
        slurmctld_parameters=take("SlurmctldParameters", _parameters),
    )


def seconds(text: str) -> int:
    """Seconds in ``7-00:00:00``, ``00:01:00`` or ``60 sec``. Raises ``ValueError``."""
    if match := _TIME.fullmatch(text):
        days, hours, minutes, rest = (int(part or 0) for part in match.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + rest
    if match := _SECONDS.fullmatch(text):
        return int(match[1])
    raise ValueError(text)


def _word(text: str) -> str:
    return "" if text in _UNSET else text


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in _word(text).split(",") if word)


def _parameters(text: str) -> dict[str, str]:
    pairs = (word.partition("=") for word in _words(text))
    return {name.strip(): value for name, _, value in pairs}
