"""The two files for the hook: rendered, read back, refused when damaged, written in one step."""

import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.errors import InputError
from slurm_energy.model.contract import Region, Sensitivity, WorkloadClass
from slurm_energy.model.lease import Lease
from slurm_energy.model.rules import (
    ClassRule,
    ClusterRule,
    Excess,
    JobRule,
    Limit,
    Match,
    Mode,
    Rules,
    Unmeetable,
)
from slurm_energy.slurm.tables import (
    NowTable,
    parse_now,
    parse_rules,
    render_now,
    render_rules,
    write_table,
)
from tests.slurm.hook.standing import DAMAGED_TABLES
from tests.slurm.hookrun import HOOK, lua

MANAGED = [name for name in WorkloadClass if name is not WorkloadClass.UNMANAGED]
numbers = st.integers(0, 999_999_999_999)
maybe = st.none() | numbers
texts = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=12)
lists = st.lists(texts, max_size=3).map(tuple)
matches = st.builds(Match, partition=lists, qos=lists, account=lists)
classes = st.fixed_dictionaries(
    {
        name: st.builds(
            ClassRule,
            name=st.just(name),
            defer=st.booleans(),
            max_delay=numbers,
            urgency=numbers,
            sensitivity=st.sampled_from(Sensitivity),
            region=st.sampled_from(Region),
            interruptible=st.booleans(),
        )
        for name in MANAGED
    }
)
rule_sets = st.builds(
    Rules,
    mode=st.sampled_from(Mode),
    unmeetable=st.sampled_from(Unmeetable),
    clusters=st.lists(
        st.builds(ClusterRule, name=texts, jurisdictions=lists, region=st.sampled_from(Region)),
        max_size=3,
    ).map(tuple),
    classes=classes,
    job_rules=st.lists(
        st.builds(
            JobRule,
            name=texts,
            workload_class=st.sampled_from(MANAGED),
            match=matches,
            job_name=lists,
            min_gpus=maybe,
            max_gpus=maybe,
            min_time=maybe,
            max_time=maybe,
        ),
        max_size=3,
    ).map(tuple),
    limits=st.lists(
        st.builds(
            Limit,
            name=texts,
            match=matches,
            classes=st.lists(st.sampled_from(MANAGED), max_size=3, unique=True).map(tuple),
            urgency=maybe,
            horizon=maybe,
            residency=lists,
            region=st.sampled_from(Region),
            excess=st.sampled_from(Excess),
        ),
        max_size=3,
    ).map(tuple),
)
now_tables = st.builds(
    NowTable,
    cluster=texts,
    mode=st.sampled_from(Mode),
    issued=numbers,
    expires=numbers,
    cycle=numbers,
    leases=st.lists(
        st.builds(Lease, workload_class=st.sampled_from(MANAGED), until=numbers), max_size=4
    ).map(tuple),
)
TABLE = NowTable("east", Mode.LIVE, 100, 190, 30, (Lease(WorkloadClass.TRAINING, 500),))


@given(rule_sets)
def test_rules_are_read_back(rules: Rules) -> None:
    assert parse_rules(render_rules(rules)) == rules


@given(now_tables)
def test_the_table_of_now_is_read_back(table: NowTable) -> None:
    assert parse_now(render_now(table)) == table


@given(
    rules=st.lists(rule_sets, min_size=1, max_size=4),
    tables=st.lists(now_tables, min_size=1, max_size=4),
)
def test_lua_reads_whatever_we_render(
    rules: list[Rules], tables: list[NowTable], tmp_path_factory: pytest.TempPathFactory
) -> None:
    calls = [f"assert(slurm_energy.build_rules({lua(render_rules(r))}))" for r in rules]
    calls += [f"assert(slurm_energy.build_now({lua(render_now(t))}))" for t in tables]
    path = tmp_path_factory.mktemp("lua") / "case.lua"
    path.write_text("\n".join(["slurm = {SUCCESS = 0}", f"dofile({lua(str(HOOK))})", *calls]))
    subprocess.run(["lua5.1", path], check=True, timeout=20)


def test_the_table_of_now_reads_like_a_page() -> None:
    assert render_now(TABLE) == (
        "slurm-energy-now 1\n"
        "now cluster=east mode=live issued=100 expires=190 cycle=30\n"
        "lease class=training until=500\n"
        "end\n"
    )


@pytest.mark.parametrize("cut", range(1, len(render_now(TABLE)), 7))
def test_a_truncated_table_is_unreadable(cut: int) -> None:
    with pytest.raises(InputError, match="table unreadable"):
        parse_now(render_now(TABLE)[:-cut])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("now 1", "now 2"),
        ("mode=live", "mode=turbo"),
        ("cycle=30", "cycle=-1"),
        ("cycle=30", "cycle=30 cycle=30"),
        ("cycle=30", "cycle=30 colour=red"),
        (" cycle=30", ""),
        ("cluster=east", "cluster=%GG"),
        ("lease ", "leash "),
        ("class=training", "class=fun"),
        ("now cluster", "lease cluster"),
    ],
)
def test_anything_unexpected_makes_it_unreadable(old: str, new: str) -> None:
    with pytest.raises(InputError, match="unreadable"):
        parse_now(render_now(TABLE).replace(old, new))


@pytest.mark.parametrize("name", DAMAGED_TABLES)
def test_what_the_hook_finds_unreadable_we_do_too(name: str) -> None:
    table = DAMAGED_TABLES[name]
    with pytest.raises(InputError, match="unreadable"):
        parse_now(table.decode("latin-1") if isinstance(table, bytes) else table)


PIECES = [
    *("", " ", "  ", "\n", "=", "+", "%", "%41", "%4", "0", "-1", "\r", "\t", "é", "x", "<", "#"),
    *("end\n", "lease class=nearline until=9\n", " mode=off", "cycle", "now "),
]
EDITS = st.lists(
    st.tuples(st.integers(0, 140), st.integers(0, 12), st.sampled_from(PIECES)), max_size=3
)


@given(tables=st.lists(st.tuples(now_tables, EDITS), min_size=10, max_size=40))
def test_lua_and_python_find_the_same_edited_tables_readable(
    tables: list[tuple[NowTable, list[tuple[int, int, str]]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    texts = []
    for table, edits in tables:
        text = render_now(table)
        for at, length, piece in edits:
            text = text[:at] + piece + text[at + length :]
        texts.append(text)
    calls = [f"print(slurm_energy.build_now({lua(t)}) and 'good' or 'bad')" for t in texts]
    path = tmp_path_factory.mktemp("lua") / "case.lua"
    path.write_text("\n".join(["slurm = {SUCCESS = 0}", f"dofile({lua(str(HOOK))})", *calls]))
    done = subprocess.run(["lua5.1", path], check=True, timeout=20, capture_output=True, text=True)
    assert done.stdout.split() == [verdict(text) for text in texts]


def verdict(text: str) -> str:
    try:
        parse_now(text)
    except InputError:
        return "bad"
    return "good"


def test_edited_rules_are_noticed_by_their_digest() -> None:
    text = render_rules(Rules()).replace("urgency=40", "urgency=41")
    with pytest.raises(InputError, match="digest"):
        parse_rules(text)


def test_more_than_the_hook_reads_is_not_written() -> None:
    many = tuple(
        JobRule(f"rule-{n}", WorkloadClass.TRAINING, Match(("p" * 60,))) for n in range(4_000)
    )
    with pytest.raises(InputError, match="more than the hook reads"):
        render_rules(Rules(job_rules=many))


def test_writing_replaces_in_one_step_and_everybody_may_read(tmp_path: Path) -> None:
    path = tmp_path / "now.table"
    path.write_text("old")
    with path.open() as reader:
        write_table(path, render_now(TABLE))
        assert reader.read() == "old", "a reader keeps the file it opened"
    assert path.read_text() == render_now(TABLE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "now.table"
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_table(path, "new")
    assert list(tmp_path.iterdir()) == [path]
