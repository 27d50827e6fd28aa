"""Nouns to columns and rows to nouns: what is stored is what is read back, or it is named."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from slurm_energy.decide.rules.promise import width_bucket
from slurm_energy.errors import LedgerError
from slurm_energy.model.decision import Action, Decision, JobEnd, Outcome, Reason
from slurm_energy.model.job import JobKey
from slurm_energy.model.report import Recorded

Columns = list[list[Any]]
Scalar = float | int | str | None

EXACT = 2**53
"""jsonb writes a large float's digits out; past this an integer is read back as the float."""


def clean(text: str) -> str:
    """Replace what PostgreSQL's text can't hold: NUL and lone surrogates."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def decision_columns(at: int, decisions: Iterable[Decision]) -> Columns:
    """Column by column, in the order of the insert."""
    return _columns(
        (
            *one.key,
            at,
            one.cycle,
            one.action.value,
            one.reason.name,
            one.begin,
            one.site_factor,
            one.latest_start,
            to_json(one.terms),
        )
        for one in decisions
    )


def effect_columns(at: int, cycle: int, outcomes: Sequence[Outcome]) -> Columns:
    """Column by column; ``seq`` is the place in the cycle."""
    return _columns(
        (
            at,
            cycle,
            seq,
            *one.update.key,
            one.update.begin,
            one.update.site_factor,
            one.update.rank,
            one.fate.value,
            clean(one.detail),
        )
        for seq, one in enumerate(outcomes)
    )


def end_columns(ends: Iterable[JobEnd]) -> Columns:
    """Column by column, with the job's width bucket."""
    return _columns(
        (
            *one.key,
            one.ran_on,
            clean(one.name),
            clean(one.user),
            clean(one.account),
            clean(one.partition),
            clean(one.state),
            one.eligible,
            one.start,
            one.end,
            one.time_limit,
            one.gpus,
            one.cpus,
            one.nodes,
            width_bucket(one.nodes, one.gpus),
            clean(one.admin_comment),
            one.energy,
            clean(one.gpu_type),
        )
        for one in ends
    )


def to_end(row: tuple[Any, ...]) -> JobEnd:
    """How a job ended, as it was recorded."""
    cluster, job_id, submit, *rest = row
    return JobEnd(JobKey(cluster, job_id, submit), *rest)


def to_json(values: Mapping[str, Any]) -> str:
    """JSON that jsonb takes: no NUL, no lone surrogate; not a number and infinity become text."""
    return json.dumps({clean(name): _plain(value) for name, value in values.items()})


def to_decision(row: tuple[Any, ...]) -> Recorded:
    """The decision as it was made, and when. Raises LedgerError naming a row that can't be one."""
    cluster, job_id, submit, at, cycle, action, reason, begin, factor, latest, terms = row
    where = f"decision on {cluster}/{job_id} in cycle {cycle}"
    try:
        decision = Decision(
            key=JobKey(cluster, job_id, submit),
            cycle=cycle,
            action=Action(action),
            reason=Reason[reason],
            begin=begin,
            site_factor=factor,
            latest_start=latest,
            terms=_terms(terms, where),
        )
    except ValueError as error:
        raise _unknown(where, "action", action) from error
    except KeyError as error:
        raise _unknown(where, "reason", reason) from error
    return Recorded(at, decision)


def _plain(value: Scalar) -> Scalar:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float) and value - value != 0.0:
        return repr(value)
    return value


def _terms(text: str, where: str) -> dict[str, Scalar]:
    terms = json.loads(text, parse_int=_integer)
    if not isinstance(terms, dict):
        raise _unknown(where, "terms", text[:60])
    for name, value in terms.items():
        if isinstance(value, list | dict):
            raise _unknown(where, f"term {name}", str(value)[:60])
    return terms


def _integer(digits: str) -> int | float:
    number = int(digits)
    return number if abs(number) <= EXACT else float(digits)


def _unknown(where: str, what: str, value: object) -> LedgerError:
    return LedgerError(
        f"{where}: {what} {value!r} is unknown to this version; "
        "another version wrote it, or a person did"
    )


def _columns(rows: Iterable[tuple[Any, ...]]) -> Columns:
    return [list(column) for column in zip(*rows, strict=True)]
