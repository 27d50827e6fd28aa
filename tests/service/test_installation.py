"""What is said of a cluster that is not here, where only Slurm's own file tells which is."""

from pathlib import Path

import pytest

from slurm_energy.config.load import parse
from slurm_energy.service.installation import no_cluster_here

SIGNALS = "[signals.clusters.{}]\ncarbon = {{ constant = 90 }}\n"


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    path = tmp_path / "slurm.conf"
    path.write_text("# ours\nClusterName=East\n")
    return path


def test_slurm_tells_which_cluster_is_here(conf: Path) -> None:
    assert no_cluster_here(parse(SIGNALS.format("east"), "f"), conf) == []
    (line,) = no_cluster_here(parse(SIGNALS.format("eats"), "f"), conf)
    assert line.startswith("signals.clusters.eats is not the cluster here; allowed: east (Clu")
    assert str(conf) in line


def test_without_slurm_or_daemon_cluster_nothing_is_claimed(conf: Path) -> None:
    conf.unlink()
    assert no_cluster_here(parse(SIGNALS.format("eats"), "f"), conf) == []


def test_a_federation_states_its_clusters_itself(conf: Path) -> None:
    text = "[site.clusters.west]\n" + SIGNALS.format("west")
    assert no_cluster_here(parse(text, "f"), conf) == []
