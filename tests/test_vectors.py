"""One file of vectors holds the hook (run by lua5.1) and its Python twin to the same answers.

Columns of ``vectors/vectors.tsv``: kind, name, input, second input, expected. Kinds: ``tag``
(comment; SLURM_ENERGY), ``resolve`` (comment; facts; rules of ``vectors/rules.toml``), ``glob``
(pattern; name), ``gpus`` (Slurm's request; the hook alone, Slurm counts for the daemon).
Expected: ``-`` nothing, ``! line`` refused, ``… | line`` told, ``… ? line`` warned.
"""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slurm_energy.config.rules import RulesSettings
from slurm_energy.decide.terms.classes import resolve
from slurm_energy.decide.terms.glob import matches
from slurm_energy.decide.terms.matching import JobFacts
from slurm_energy.decide.terms.places import permitted_clusters
from slurm_energy.decide.terms.tag import misspelt, read
from slurm_energy.errors import TagError
from slurm_energy.model.contract import Tag
from slurm_energy.slurm.annotation import render_contract
from slurm_energy.slurm.tables import render_rules

ROOT = Path(__file__).parents[1]
HERE = ROOT / "tests" / "vectors"
HOOK = ROOT / "etc" / "job_submit.lua"
RULES = RulesSettings.model_validate(tomllib.loads((HERE / "rules.toml").read_text())).to_rules()


class Vector(NamedTuple):
    kind: str
    name: str
    first: str
    second: str
    expected: str = ""


def load() -> list[Vector]:
    lines = (HERE / "vectors.tsv").read_text(encoding="ascii").splitlines()
    return [Vector(*line.split("\t")) for line in lines if line and not line.startswith("#")]


VECTORS = load()
BY_PYTHON = [vector for vector in VECTORS if vector.kind != "gpus"]


def unescape(text: str) -> str:
    raw = re.sub(
        rb"\\(x[0-9A-Fa-f]{2}|.)", lambda m: _unescape_one(m[1]), text.encode(), flags=re.DOTALL
    )
    return raw.decode(errors="surrogateescape")


def _unescape_one(code: bytes) -> bytes:
    if code.startswith(b"x"):
        return bytes([int(code[1:], 16)])
    plain = {b"t": b"\t", b"n": b"\n", b"r": b"\r", b"v": b"\v", b"f": b"\f", b"\\": b"\\"}
    return plain[code]


def escape(text: str) -> str:
    raw = text.encode(errors="surrogateescape")
    return "".join(chr(b) if 32 <= b < 127 and b != 92 else f"\\x{b:02X}" for b in raw)


def facts_of(text: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in text.split())


def dump_tag(tag: Tag) -> str:
    if tag.off:
        return "off"
    deadline = None if tag.deadline is None else f"{'+' * tag.deadline_relative}{tag.deadline}"
    interruptible = None if tag.interruptible is None else "yes" if tag.interruptible else "no"
    values = {
        "class": tag.workload_class,
        "deadline": deadline,
        "urgency": tag.urgency,
        "sensitivity": tag.sensitivity,
        "slo": tag.slo,
        "max_delay": tag.max_delay,
        "residency": "+".join(tag.residency) or None,
        "model": tag.model,
        "dataset": tag.dataset,
        "interruptible": interruptible,
        "region": tag.region,
        "checkpoint": tag.checkpoint,
    }
    return " ".join(f"{key}={value}" for key, value in values.items() if value is not None)


def python_tag(comment: str, environment: str) -> str:
    written = read(comment, environment)
    warning = misspelt(comment)
    return ("-" if written is None else dump_tag(written.tag)) + (
        f" ? {warning}" if warning else ""
    )


def python_resolve(comment: str, text: str) -> str:
    values = facts_of(text)
    submit = int(values.get("submit", "1800000000"))
    facts = JobFacts(
        partition=values.get("partition", ""),
        qos=values.get("qos", ""),
        account=values.get("account", ""),
        name=values.get("name", ""),
        gpus=int(values.get("gpus", "0")),
        time_limit=int(values["limit"]) if "limit" in values else None,
        begin=int(values.get("begin", "0")),
    )
    written = read(comment)
    tag = None if written is None else written.tag
    resolution = resolve(RULES, tag, facts, submit, int(values.get("now", submit)))
    words = "-"
    if resolution.contract is not None:
        pairs = render_contract(resolution.contract)
        pairs["@"] = "+".join(permitted_clusters(RULES, resolution.contract))
        words = " ".join(f"{key}={value}" for key, value in pairs.items())
    return " | ".join((words, *resolution.lines))


def python_glob(pattern: str, name: str) -> str:
    return "yes" if matches(pattern, name) else "no"


PYTHON = {"tag": python_tag, "resolve": python_resolve, "glob": python_glob}


def by_python(vector: Vector) -> str:
    try:
        answer = PYTHON[vector.kind](unescape(vector.first), unescape(vector.second))
    except TagError as error:
        answer = f"! {error}"
    return escape(answer)


def by_lua(vectors: list[Vector], folder: Path) -> dict[str, str]:
    rules, cases = folder / "rules.table", folder / "cases.tsv"
    rules.write_text(render_rules(RULES))
    cases.write_text("".join("\t".join(vector) + "\n" for vector in vectors), encoding="ascii")
    done = subprocess.run(
        ["lua5.1", HERE / "harness.lua", HOOK, rules, cases],
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    answers = [line.partition("\t")[::2] for line in done.stdout.splitlines()]
    return dict(answers)


@pytest.fixture(scope="module")
def lua_answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return by_lua(VECTORS, tmp_path_factory.mktemp("vectors"))


def test_vectors_are_many_and_named_once() -> None:
    assert len(VECTORS) >= 120
    assert len({vector.name for vector in VECTORS}) == len(VECTORS)


@pytest.mark.parametrize("vector", BY_PYTHON, ids=lambda vector: vector.name)
def test_python(vector: Vector) -> None:
    assert by_python(vector) == vector.expected


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_lua(vector: Vector, lua_answers: dict[str, str]) -> None:
    assert lua_answers[vector.name] == vector.expected


PIECES = [
    *("energy:", "off", "class=", "deadline=", "urgency=", "sensitivity=", "slo=", "max_delay="),
    *("residency=", "model=", "dataset=", "interruptible=", "region=", "evaluation", "training"),
    *("latency-critical", "nearline", "unmanaged", "low", "high", "yes", "no", "any", "primary"),
    *("secondary", "eu", "de", "ch", "mars", "+", "-", ",", "=", "%", "%20", ":", "T", "Z", "<"),
    *(
        "checkpoint=",
        "wait<10m",
        "p99<300ms",
        "p99.9<1s",
        "+12h",
        "+3d",
        "30m",
        "999999999d",
        "2027-01-15",
    ),
    *("T08:00", "2028-02-29T12:00:00+01:00", "2027-02-29T00:00Z", "-05:30", "0", "7", "100", "101"),
    *(" ", "\t", "\n", "\v", "\u00a0", "\u2003", "é", "日本", "\x1b[31m", "\\", "'", '"', "x"),
]
COMMENTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=14).map("".join),
    st.lists(
        st.tuples(st.sampled_from(PIECES[2:13]), st.sampled_from(PIECES[13:])).map("".join),
        min_size=1,
        max_size=4,
    ).map(lambda pairs: "energy:" + ",".join(pairs)),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=60),
)
FACTS = st.builds(
    lambda account, qos, partition, name, gpus, limit: (
        f"account={account} qos={qos} partition={partition} name={name} gpus={gpus}{limit}"
    ),
    st.sampled_from(["", "students", "med", "strictmed", "batch", "odd"]),
    st.sampled_from(["", "serve", "trial"]),
    st.sampled_from(["gpu", "far", "farstrict", "gpu-train", "cpu,gpu", "gpu-train,far"]),
    st.sampled_from(["eval-1", "x.benchy", "x.bench", "train"]),
    st.integers(0, 16),
    st.sampled_from(["", " limit=60", " limit=3600", " limit=14400", " limit=900000"]),
)


@settings(max_examples=25, deadline=None)
@given(
    comments=st.lists(COMMENTS, min_size=20, max_size=60),
    facts=st.lists(FACTS, min_size=5, max_size=5),
)
def test_lua_and_python_agree_on_whatever_is_written(
    comments: list[str], facts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """One Lua process for each batch."""
    cases = []
    for number, comment in enumerate(comments):
        text = escape(comment)
        cases.append(Vector("tag", f"t{number}", text, ""))
        cases.append(Vector("tag", f"e{number}", "", text))
        cases.append(Vector("resolve", f"r{number}", text, facts[number % 5]))
        cases.append(Vector("glob", f"g{number}", escape(comments[-number]), text))
    answers = by_lua(cases, tmp_path_factory.mktemp("batch"))
    for case in cases:
        assert answers[case.name] == by_python(case), case
