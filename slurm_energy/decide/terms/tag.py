"""The tag's grammar: text of a comment or of ``SLURM_ENERGY`` in, a :class:`Tag` out.

The specification of ``etc/job_submit.lua``; ``tests/vectors`` holds both to it. White space and
letters are ASCII in both languages, whatever the locale.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from slurm_energy.decide.terms.tagtime import (
    ABSOLUTE_HINT,
    MOMENT_HINT,
    parse_duration,
    parse_moment,
)
from slurm_energy.errors import TagError
from slurm_energy.model.contract import Region, Sensitivity, Tag, WorkloadClass

PREFIX = "energy:"
EXAMPLE = "e.g. energy:class=evaluation,deadline=+12h"
LONGEST = 512
SPACE = " \t\n\r\v\f"

_WORDS = re.compile(f"[^{SPACE}]+")
_GIVEN = re.compile(r"[a-z_]+=")
_FIRST = re.compile(r"[A-Za-z_-]+")
_SLO = re.compile(r"wait<[0-9]{1,6}[smh]|p[0-9]{1,2}(\.[0-9]{1,2})?<[0-9]{1,6}(ms|s)")
_NAME = re.compile(r"[A-Za-z0-9._:/@+-]{1,128}")
_JURISDICTION = re.compile(r"[a-z0-9-]{1,16}")
_URGENCY = re.compile(r"[0-9]{1,3}")


class Written(NamedTuple):
    """A tag and the text it came from, without ``energy:``."""

    raw: str
    tag: Tag


def read(comment: str, environment: str = "") -> Written | None:
    """The job's tag, or None where it has none; the comment wins over ``SLURM_ENERGY``.

    Raises :class:`~slurm_energy.errors.TagError` with the line its user sees.
    """
    raw = find(comment)
    if raw is None:
        raw = environment.strip(SPACE).removeprefix(PREFIX)
    return Written(raw, parse(raw)) if raw else None


def find(comment: str) -> str | None:
    """The comment's one group without ``energy:``, or None where all is prose.

    Raises ``TagError`` for two groups.
    """
    groups = [body for body, _ in _bodies(comment) if _is_group(body)]
    if len(groups) > 1:
        raise _error(f"two energy: groups in one comment; keep one, {EXAMPLE}")
    return groups[0] if groups else None


def misspelt(comment: str) -> str | None:
    """A warning where prose looks like a tag gone wrong; None otherwise."""
    faults = (_fault(body, after) for body, after in _bodies(comment))
    return next((f"slurm-energy: {PREFIX}{one}, {EXAMPLE}" for one in faults if one), None)


def parse(raw: str) -> Tag:
    """The tag that ``raw`` (without ``energy:``) states. Raises ``TagError``."""
    if len(raw.encode(errors="surrogateescape")) > LONGEST:
        raise _error(f"a tag of more than {LONGEST} bytes is too long; shorten it, {EXAMPLE}")
    if raw == "off":
        return Tag(off=True)
    tag, seen = Tag(), set[str]()
    for key, value in _pairs(raw):
        if key in seen:
            raise _error(f"{key} is given twice; give each key once, {EXAMPLE}")
        seen.add(key)
        tag = _apply(tag, key, value)
    return tag


def show(text: str) -> str:
    """``text`` made safe for one line of a terminal: ASCII, at most 40 characters."""
    raw = text.encode(errors="surrogateescape")
    plain = "".join(chr(byte) if 32 < byte < 127 else "?" for byte in raw[:40])
    return plain + "..." if len(raw) > 40 else plain or "''"


def _bodies(comment: str) -> Iterator[tuple[str, str]]:
    """Each word that begins with ``energy:``, without that, and the word after it or ``""``."""
    for word, after in pairwise([*_WORDS.findall(comment), ""]):
        if word.startswith(PREFIX):
            yield word[len(PREFIX) :], after


def _is_group(body: str) -> bool:
    return body == "off" or (body.partition("=")[0] in KEYS and "=" in body)


def _is_almost(text: str) -> bool:
    """A key, a class or a switch in any case stands first, or something is given a value."""
    first = _FIRST.match(text)
    word = "" if first is None else first[0].lower()
    switch = text.startswith("off") or text == "on"
    return switch or bool(_GIVEN.match(text)) or word in KEYS or word in _CLASSES


def _fault(body: str, after: str) -> str | None:
    """What is wrong with a word that begins with ``energy:``, and its cure; None: it is prose."""
    if body:
        wrong = _is_almost(body) and not _is_group(body)
        cure = f"it begins with off or one of {', '.join(KEYS)}"
        return f"{show(body)} is not a tag and is ignored; {cure}" if wrong else None
    if not after:
        return " is an empty tag and is ignored; state what the job needs after the colon"
    if _is_group(after) or _GIVEN.match(after):
        return f" {show(after)} is not a tag and is ignored; leave out the space after {PREFIX}"
    return None


def _pairs(raw: str) -> Iterator[tuple[str, str]]:
    for item in raw.split(","):
        key, equals, value = item.partition("=")
        if not equals:
            raise _error(f"{show(item)} is not key=value; put commas between pairs, {EXAMPLE}")
        if key not in KEYS:
            raise _error(f"{show(key)} is not a key; use {', '.join(KEYS)}, {EXAMPLE}")
        yield key, value


def _apply(tag: Tag, key: str, value: str) -> Tag:
    read_value, complaint = KEYS[key]
    changed = read_value(tag, value)
    if changed is None:
        raise _error(f"{key}={show(value)} is not {complaint}")
    return changed


def _error(line: str) -> TagError:
    return TagError(f"slurm-energy: {line}")


def _class(tag: Tag, value: str) -> Tag | None:
    if value not in _CLASSES:
        return None
    return replace(tag, workload_class=WorkloadClass(value))


def _deadline(tag: Tag, value: str) -> Tag | None:
    moment = parse_moment(value)
    if moment is None:
        return None
    return replace(tag, deadline=moment.seconds, deadline_relative=moment.relative)


def _urgency(tag: Tag, value: str) -> Tag | None:
    if not _URGENCY.fullmatch(value) or int(value) > 100:
        return None
    return replace(tag, urgency=int(value))


def _sensitivity(tag: Tag, value: str) -> Tag | None:
    return replace(tag, sensitivity=Sensitivity(value)) if value in list(Sensitivity) else None


def _slo(tag: Tag, value: str) -> Tag | None:
    return replace(tag, slo=value) if _SLO.fullmatch(value) else None


def _max_delay(tag: Tag, value: str) -> Tag | None:
    seconds = parse_duration(value)
    return None if seconds is None else replace(tag, max_delay=seconds)


def _residency(tag: Tag, value: str) -> Tag | None:
    names = tuple(dict.fromkeys(value.split("+")))
    if len(names) > 16 or not all(_JURISDICTION.fullmatch(name) for name in names):
        return None
    return replace(tag, residency=names)


def _model(tag: Tag, value: str) -> Tag | None:
    return replace(tag, model=value) if _NAME.fullmatch(value) else None


def _dataset(tag: Tag, value: str) -> Tag | None:
    return replace(tag, dataset=value) if _NAME.fullmatch(value) else None


def _interruptible(tag: Tag, value: str) -> Tag | None:
    return replace(tag, interruptible=value == "yes") if value in ("yes", "no") else None


def _region(tag: Tag, value: str) -> Tag | None:
    return replace(tag, region=Region(value)) if value in list(Region) else None


def _checkpoint(tag: Tag, value: str) -> Tag | None:
    moment = parse_moment(value)
    if moment is None or moment.relative:
        return None
    return replace(tag, checkpoint=moment.seconds)


_CLASSES = tuple(name for name in WorkloadClass if name is not WorkloadClass.UNMANAGED)
_CACHE_KEY = "a name; use up to 128 letters, digits and . _ : / @ + -, e.g. energy:"

Reader = Callable[[Tag, str], Tag | None]
KEYS: dict[str, tuple[Reader, str]] = {
    "class": (
        _class,
        "a class; use latency-critical, nearline, training or evaluation, "
        "e.g. energy:class=evaluation",
    ),
    "deadline": (_deadline, MOMENT_HINT),
    "urgency": (_urgency, "a whole number from 0 to 100, e.g. energy:urgency=40"),
    "sensitivity": (_sensitivity, "low, normal or high, e.g. energy:sensitivity=high"),
    "slo": (_slo, "an objective such as wait<10m or p99<300ms, e.g. energy:slo=wait<10m"),
    "max_delay": (
        _max_delay,
        "a duration; use a whole number and s, m, h or d, at most 366d, e.g. energy:max_delay=6h",
    ),
    "residency": (
        _residency,
        "a list of jurisdictions; join lower-case names by +, e.g. energy:residency=eu+ch",
    ),
    "model": (_model, _CACHE_KEY + "model=llama-3-70b"),
    "dataset": (_dataset, _CACHE_KEY + "dataset=imagenet-1k"),
    "interruptible": (_interruptible, "yes or no, e.g. energy:interruptible=yes"),
    "region": (_region, "primary, secondary or any, e.g. energy:region=any"),
    "checkpoint": (_checkpoint, ABSOLUTE_HINT),
}
