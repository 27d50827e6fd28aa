"""The token: compared, never told; a missing or poor one admits nobody."""

from pathlib import Path

import pytest

from slurm_energy.errors import InputError
from slurm_energy.signals.bearer import Bearer

TOKEN = "3b5a0c9e7d1f2468ace0"  # noqa: S105 - of this test alone


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "token"
    found.write_text(f"{TOKEN}\n")
    found.chmod(0o600)
    return found


@pytest.mark.parametrize("header", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"Bearer  {TOKEN} "])
def test_the_right_token_is_admitted(path: Path, header: str) -> None:
    assert Bearer(str(path)).admits(header)


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \udc80", "Bearer é"],
)
def test_any_other_is_not(path: Path, header: str | None) -> None:
    assert not Bearer(str(path)).admits(header)


def test_a_new_token_counts_at_once(path: Path) -> None:
    bearer = Bearer(str(path))
    assert bearer.admits(f"Bearer {TOKEN}")
    path.write_text("another-token-0123")
    assert not bearer.admits(f"Bearer {TOKEN}")
    assert bearer.admits("Bearer another-token-0123")


def test_a_bare_name_is_a_systemd_credential(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert Bearer("token").problem() == (
        "webhook token: no systemd credential 'token' was handed over; "
        "add LoadCredential=token:/path to the unit"
    )
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(path.parent))
    assert Bearer("token").problem() is None
    assert Bearer("token").admits(f"Bearer {TOKEN}")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "expected one line with the token and nothing else"),
        (b"two\nlines of a token", "expected one line with the token and nothing else"),
        (b"short", "expected a token of 16 characters or more; write openssl rand -hex 32 into it"),
        (b"\xff" * 20, "not UTF-8; put the token there, readable for the daemon's user"),
    ],
)
def test_a_poor_token_admits_nobody_and_is_not_shown(path: Path, content: bytes, told: str) -> None:
    path.write_bytes(content)
    bearer = Bearer(str(path))
    with pytest.raises(InputError) as error:
        bearer.admits("Bearer short")
    assert str(error.value) == bearer.problem() == f"webhook token: {path}: {told}"


def test_a_missing_file_is_told(path: Path) -> None:
    path.unlink()
    told = "No such file or directory; put the token there, readable for the daemon's user"
    assert Bearer(str(path)).problem() == f"webhook token: {path}: {told}"
    assert Bearer(str(path)).exposed() is None


def test_a_token_for_everybody_is_noticed(path: Path) -> None:
    assert Bearer(str(path)).exposed() is None
    path.chmod(0o640)
    assert Bearer(str(path)).exposed() is None
    path.chmod(0o644)
    assert Bearer(str(path)).exposed() == (
        f"{path} has mode 0644: everybody on this host can post events"
    )


def test_it_is_in_no_representation(path: Path) -> None:
    assert TOKEN not in repr(Bearer(str(path)))
