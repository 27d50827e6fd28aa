"""Lines of ``word key=value …``: rendering, and reading so strictly that nothing is guessed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import TypeVar

from slurm_energy.errors import InputError
from slurm_energy.slurm.encoding import decode, decode_list, encode, encode_list

_LINE = re.compile(r"[a-z]+(?: [a-z_0-9]+=[A-Za-z0-9._:/@<%+-]+)*")
_NUMBER = re.compile(r"[0-9]{1,12}")
_E = TypeVar("_E", bound=StrEnum)
_T = TypeVar("_T")


@dataclass
class Record:
    """One line: its word, and encoded values by key in the order they were put."""

    word: str
    values: dict[str, str] = field(default_factory=dict)

    def text(self, key: str, value: str) -> None:
        """Put a text; an empty one is left out."""
        if value:
            self.values[key] = encode(value)

    def number(self, key: str, value: int | None) -> None:
        """Put a whole number of 0 or more; None is left out."""
        if value is not None:
            self.values[key] = str(value)

    def names(self, key: str, value: Sequence[str]) -> None:
        """Put a list of names; an empty one is left out."""
        if value:
            self.values[key] = encode_list(value)

    def line(self) -> str:
        """The record as a line, without its end."""
        return " ".join((self.word, *(f"{key}={value}" for key, value in self.values.items())))


class Reader:
    """Takes a record's values one by one; ``finish`` complains of what nobody took."""

    def __init__(self, record: Record, expect: str | None = None) -> None:
        if expect is not None and record.word != expect:
            raise _unreadable(f"{record.word} is not {expect}")
        self._word = record.word
        self._left = dict(record.values)

    def text(self, key: str, absent: str | None = None) -> str:
        """A text. Raises ``InputError`` where it is missing without ``absent``, or damaged."""
        value = self._take(key, absent)
        if value is None:
            return absent or ""
        return self._checked(key, value, decode(value))

    def names(self, key: str) -> tuple[str, ...]:
        """A list of names, empty where the key is absent."""
        value = self._take(key, "")
        return () if value is None else self._checked(key, value, decode_list(value))

    def number(self, key: str) -> int | None:
        """A whole number, or None where the key is absent."""
        value = self._take(key, "")
        if value is None:
            return None
        return self._checked(key, value, int(value) if _NUMBER.fullmatch(value) else None)

    def need(self, key: str) -> int:
        """A whole number that must be there."""
        value = self.number(key)
        if value is None:
            raise _unreadable(f"{self._word} lacks {key}")
        return value

    def enum(self, key: str, kind: type[_E], absent: str | None = None) -> _E:
        """A member of ``kind``."""
        text = self.text(key, absent)
        try:
            return kind(text)
        except ValueError:
            raise _unreadable(f"{key}={text[:40]} is not one of {', '.join(kind)}") from None

    def yes(self, key: str) -> bool:
        """``yes`` or ``no``; absent is no."""
        text = self.text(key, "no")
        if text not in ("yes", "no"):
            raise _unreadable(f"{key}={text[:40]} is neither yes nor no")
        return text == "yes"

    def finish(self) -> None:
        """Raise ``InputError`` for a key that nobody asked for."""
        for key in self._left:
            raise _unreadable(f"{self._word} has an unknown key {key[:40]}")

    def _take(self, key: str, absent: str | None) -> str | None:
        value = self._left.pop(key, None)
        if value is None and absent is None:
            raise _unreadable(f"{self._word} lacks {key}")
        return value

    def _checked(self, key: str, value: str, read: _T | None) -> _T:
        if read is None:
            raise _unreadable(f"{key}={value[:40]} is damaged")
        return read


def render_records(
    head: str, records: Sequence[Record], most_bytes: int, *, digest: bool = False
) -> str:
    """The whole file. Raises ``InputError`` where it would be larger than the hook reads."""
    text = "".join(f"{line}\n" for line in (head, *(record.line() for record in records)))
    if digest:
        text += f"digest sha256={sha256(text.encode()).hexdigest()}\n"
    text += "end\n"
    if len(text) > most_bytes:
        raise InputError(
            f"{head.split()[0]}: {len(text)} bytes are more than the hook reads ({most_bytes}); "
            "state fewer or shorter rules"
        )
    return text


def read_records(text: str, head: str, most_bytes: int, *, digest: bool = False) -> list[Record]:
    """The records between head and ``end``. Raises ``InputError`` for anything unexpected."""
    if len(text) > most_bytes:
        raise _unreadable(f"it has more than {most_bytes} bytes")
    lines = text.split("\n")
    if len(lines) < 3 or lines[0] != head or lines[-2:] != ["end", ""]:
        raise _unreadable(f"it does not go from {head!r} to 'end'")
    records = [_record(line) for line in lines[1:-2]]
    if digest:
        _check_digest(records.pop() if records else Record(""), lines)
    return records


def _record(line: str) -> Record:
    if not _LINE.fullmatch(line):
        raise _unreadable(f"line {line[:40]!r} is malformed")
    word, *items = line.split(" ")
    record = Record(word)
    for item in items:
        key, _, value = item.partition("=")
        if key in record.values:
            raise _unreadable(f"{word} has {key} twice")
        record.values[key] = value
    return record


def _check_digest(record: Record, lines: Sequence[str]) -> None:
    body = "".join(f"{line}\n" for line in lines[:-3])
    if record != Record("digest", {"sha256": sha256(body.encode()).hexdigest()}):
        raise _unreadable("its digest does not fit its content")


def _unreadable(what: str) -> InputError:
    return InputError(f"table unreadable: {what}; write it anew with slurm-energy")
