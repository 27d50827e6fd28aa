"""What is wrong with the signals, and the cure: pure, over facts that were gathered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from slurm_energy.service.finding import Finding, Verdict

CLOCK = 300
"""Seconds that a provider's clock may differ from ours: its answer tells whole seconds, late."""
DAY = 86_400
_FATES = ("series stands", "there is no series", "the answer is not used")


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file that a source needs: a token, or the values themselves."""

    name: str
    """What it is for, in a few words."""
    path: str
    problem: str | None
    """Why the daemon can't use it; None: it can."""
    exposed: bool = False
    """A secret that any account may read."""


@dataclass(frozen=True, slots=True)
class SignalFacts:
    """What was found out; without a daemon only the files are known."""

    files: Sequence[FileFacts] = ()
    configured: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    """By cluster and signal, what its sources are called in problems: names and files."""
    forecasts: bool = True
    """Whether a forecast of ours goes on where a provider ends."""
    clusters: Mapping[str, Mapping[str, Any]] | None = None
    """By cluster, as the daemon answers ``signals``; None: it did not."""
    sources: Sequence[Mapping[str, Any]] = ()
    """How fetching goes, as it answers."""
    at: int = 0
    """When it answered."""


def examine_signals(facts: SignalFacts) -> Iterator[Finding]:
    """All findings, in the order in which a person would mend them."""
    for file in facts.files:
        yield _file(file)
    for source in facts.sources:
        yield _answers(source)
        if source["clock_ahead"] is not None:
            yield _clock(source)
    if facts.clusters is not None:
        for cluster, signal in facts.configured:
            yield _signal(cluster, signal, facts.clusters.get(cluster), facts)


def _file(file: FileFacts) -> Finding:
    if file.problem is not None:
        cure = f"put it at {file.path}, readable for the daemon's user"
        return Finding(Verdict.FAIL, file.name, f"{file.path}: {file.problem}", cure)
    if file.exposed:
        seen = f"{file.path}: any account of this host may read it"
        return Finding(Verdict.WARN, file.name, seen, f"chmod o-rwx {file.path}; renew the token")
    return Finding(Verdict.OK, file.name, file.path)


def _answers(source: Mapping[str, Any]) -> Finding:
    name = f"{source['name']} {source['signal']}"
    if source["up"] is None:
        return Finding(Verdict.OK, name, "was not asked yet")
    if source["up"]:
        return Finding(Verdict.OK, name, "answers")
    told, cure = _parted(source["problem"].removeprefix(f"{source['name']}: "))
    verdict = Verdict.FAIL if source["refused"] else Verdict.WARN
    seen = f"no use since {_moment(source['failing_since'])}: {told}"
    again = f"then: slurm-energy signals test '{source['name']}'"
    return Finding(verdict, name, seen, f"{cure or 'ask the provider if it lasts'}; {again}")


def _clock(source: Mapping[str, Any]) -> Finding:
    name, ahead = f"{source['name']} {source['signal']}: clock", source["clock_ahead"]
    seen = f"{ahead:+} s against ours"
    if abs(ahead) > CLOCK:
        cure = "run chrony here; a provider's clock is rarely the wrong one"
        return Finding(Verdict.FAIL, name, seen, cure)
    return Finding(Verdict.OK, name, seen)


def _signal(
    cluster: str, signal: str, answer: Mapping[str, Any] | None, facts: SignalFacts
) -> Finding:
    name = f"{cluster}: {signal}"
    series = None if answer is None else answer[signal]
    if series is None:
        told, cure = _why(answer, signal, facts.configured[cluster, signal])
        again = f"slurm-energy signals test {cluster}/{signal}"
        return Finding(Verdict.FAIL, name, f"unknown: {told}", f"{cure}; {again}".lstrip("; "))
    ahead = series["ends"] - facts.at
    if facts.forecasts and series["forecast"] is None and ahead < DAY:
        known = facts.at - series["since"] - sum(last - first for first, last in series["gaps"])
        seen = f"tells {_hours(ahead)} ahead, and {_hours(known)} of its past are known"
        cure = "a forecast needs a day: wait, or slurm-energy signals import FILE"
        return Finding(Verdict.WARN, name, seen, cure)
    value = "no value" if series["value"] is None else f"{series['value']:.4g} {series['unit']}"
    source = series["source"] if series["forecast"] is None else series["forecast"]["after"]
    return Finding(Verdict.OK, name, f"{value}, {_hours(series['age'])} old, {source}")


def _why(answer: Mapping[str, Any] | None, signal: str, names: Sequence[str]) -> tuple[str, str]:
    """The first problem that names the signal or one of its sources, and its cure."""
    problems = [] if answer is None else list(answer["problems"])
    words = (f"{signal} from", *names)
    own = [problem for problem in problems if any(word in problem for word in words)]
    return _parted(own[0]) if own else ("nothing was told yet", "")


def _parted(problem: str) -> tuple[str, str]:
    """What was seen with what is allowed, and the cure; what became of it is left out."""
    parts = [part for part in problem.split("; ") if not part.endswith(_FATES)]
    seen = [part for part in parts[1:] if part.startswith("allowed")]
    cure = [part for part in parts[1:] if part not in seen]
    return "; ".join([*parts[:1], *seen]), "; ".join(cure)


def _moment(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _hours(seconds: float) -> str:
    hours = seconds / 3600
    return f"{hours:.1f} h" if hours < 72 else f"{hours / 24:.0f} days"
