"""A broken configuration does not keep anybody from giving everything back."""

import stat
from pathlib import Path

from slurm_energy.state.lastgood import LastGood


def test_the_last_valid_file_is_kept(tmp_path: Path) -> None:
    config, kept = tmp_path / "slurm-energy.toml", LastGood(tmp_path)
    for text in ("one", "one", "two"):
        config.write_text(text)
        kept.keep(config)
        assert kept.path.read_text() == text


def test_an_older_copy_stays_where_the_file_is_gone(tmp_path: Path) -> None:
    config, kept = tmp_path / "slurm-energy.toml", LastGood(tmp_path)
    config.write_text("one")
    kept.keep(config)
    config.unlink()
    kept.keep(config)
    assert kept.path.read_text() == "one"


def test_nobody_reads_the_copy_who_may_not_read_the_file(tmp_path: Path) -> None:
    config, kept = tmp_path / "slurm-energy.toml", LastGood(tmp_path)
    config.write_text("one")
    for mode in (0o644, 0o640, 0o600):
        config.chmod(mode)
        kept.keep(config)
        assert stat.S_IMODE(kept.path.stat().st_mode) == mode
