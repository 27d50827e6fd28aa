"""Our group in AdminComment, ``slurm-energy:v=1,…``: written once by the hook, read by us.

It begins a word and ends at white space; everything else in AdminComment is foreign text and is
kept. Reading is strict: a damaged group is an error, never a guess.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from slurm_energy.errors import InputError
from slurm_energy.model.contract import Annotation, Contract, Region, Sensitivity, WorkloadClass
from slurm_energy.slurm.encoding import decode, decode_list, encode, encode_list

PREFIX = "slurm-energy:"
SPACE = " \t\n\r\v\f"

_WORDS = re.compile(f"[^{SPACE}]+")
_NUMBER = re.compile(r"[0-9]{1,12}")
_E = TypeVar("_E", bound=StrEnum)
_REQUIRED = ("v", "class", "urgency", "rule", "submit")
_OPTIONAL = (
    *("deadline", "max_delay", "sensitivity", "slo", "residency", "region"),
    *("model", "dataset", "interruptible", "begin", "clusters", "lease", "tag"),
)
_KEYS = frozenset((*_REQUIRED, *_OPTIONAL))


def render(annotation: Annotation) -> str:
    """The group as the hook writes it; keys that say nothing new are left out."""
    contract = annotation.contract
    values = {"v": "1", **render_contract(contract)}
    values["submit"] = str(annotation.submit)
    _put(values, "begin", str(annotation.user_begin), "0")
    _put(values, "clusters", encode_list(annotation.user_clusters), "")
    _put(values, "lease", str(annotation.lease), "0")
    _put(values, "tag", encode(annotation.tag), "")
    return PREFIX + ",".join(f"{key}={value}" for key, value in values.items())


def render_contract(contract: Contract) -> dict[str, str]:
    """The contract's keys and encoded values, in the order of the annotation."""
    values = {
        "class": str(contract.workload_class),
        "urgency": str(contract.urgency),
        "rule": encode(contract.rule),
    }
    _put(values, "deadline", "" if contract.deadline is None else str(contract.deadline), "")
    _put(values, "max_delay", "" if contract.max_delay is None else str(contract.max_delay), "")
    _put(values, "sensitivity", str(contract.sensitivity), "normal")
    _put(values, "slo", encode(contract.slo or ""), "")
    _put(values, "residency", encode_list(contract.residency), "")
    _put(values, "region", str(contract.region), "any")
    _put(values, "model", encode(contract.model or ""), "")
    _put(values, "dataset", encode(contract.dataset or ""), "")
    _put(values, "interruptible", "yes" if contract.interruptible else "no", "no")
    return values


def strip(admin_comment: str) -> str:
    """The foreign text alone, unchanged where there is no group of ours."""
    if not _groups(admin_comment):
        return admin_comment
    words = _WORDS.findall(admin_comment)
    return " ".join(word for word in words if not word.startswith(PREFIX))


def parse(admin_comment: str) -> Annotation | None:
    """The annotation in ``admin_comment``, or None where there is none of ours.

    Raises :class:`~slurm_energy.errors.InputError` for a damaged group or two of them.
    """
    groups = _groups(admin_comment)
    if not groups:
        return None
    if len(groups) > 1:
        raise _damaged("there are two groups")
    values = _split(groups[0])
    contract = Contract(
        workload_class=_enum(WorkloadClass, values, "class"),
        urgency=_urgency(values),
        rule=_text(values, "rule") or "none",
        deadline=_number(values, "deadline"),
        max_delay=_number(values, "max_delay"),
        sensitivity=_enum(Sensitivity, values, "sensitivity", "normal"),
        slo=_text(values, "slo"),
        residency=_names(values, "residency"),
        region=_enum(Region, values, "region", "any"),
        model=_text(values, "model"),
        dataset=_text(values, "dataset"),
        interruptible=_yes(values, "interruptible"),
    )
    return Annotation(
        contract=contract,
        submit=_number(values, "submit") or 0,
        user_begin=_number(values, "begin") or 0,
        user_clusters=_names(values, "clusters"),
        lease=_number(values, "lease") or 0,
        tag=_text(values, "tag") or "",
    )


def agreed(admin_comment: str) -> Contract | None:
    """The contract of a job that ended, or None where nothing readable was agreed."""
    try:
        annotation = parse(admin_comment)
    except InputError:
        return None
    return None if annotation is None else annotation.contract


def _groups(admin_comment: str) -> list[str]:
    words = _WORDS.findall(admin_comment)
    return [word[len(PREFIX) :] for word in words if word.startswith(PREFIX)]


def _split(group: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for item in group.split(","):
        key, _, value = item.partition("=")
        if key not in _KEYS or key in values or not value:
            raise _damaged(f"{item[:40]!r} is not one of its pairs")
        values[key] = value
    for key in _REQUIRED:
        if key not in values:
            raise _damaged(f"{key} is missing")
    if values["v"] != "1":
        raise _damaged(f"version {values['v'][:10]} is not 1")
    return values


def _number(values: Mapping[str, str], key: str) -> int | None:
    text = values.get(key)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise _damaged(f"{key}={text[:40]} is not a whole number")
    return int(text)


def _urgency(values: Mapping[str, str]) -> int:
    urgency = _number(values, "urgency") or 0
    if urgency > 100:
        raise _damaged(f"urgency={urgency} is over 100")
    return urgency


def _text(values: Mapping[str, str], key: str) -> str | None:
    if key not in values:
        return None
    text = decode(values[key])
    if text is None:
        raise _damaged(f"{key}={values[key][:40]} is not encoded text")
    return text


def _names(values: Mapping[str, str], key: str) -> tuple[str, ...]:
    names = decode_list(values[key]) if key in values else ()
    if names is None:
        raise _damaged(f"{key}={values[key][:40]} is not a list of names")
    return names


def _enum(kind: type[_E], values: Mapping[str, str], key: str, absent: str = "") -> _E:
    text = values.get(key, absent)
    try:
        return kind(text)
    except ValueError:
        raise _damaged(f"{key}={text[:40]} is not one of {', '.join(kind)}") from None


def _yes(values: Mapping[str, str], key: str) -> bool:
    text = values.get(key, "no")
    if text not in ("yes", "no"):
        raise _damaged(f"{key}={text[:40]} is neither yes nor no")
    return text == "yes"


def _put(values: dict[str, str], key: str, value: str, default: str) -> None:
    if value != default:
        values[key] = value


def _damaged(what: str) -> InputError:
    return InputError(
        f"AdminComment's group {PREFIX}… is damaged: {what}; "
        "somebody edited it, so the job is left as it is"
    )
