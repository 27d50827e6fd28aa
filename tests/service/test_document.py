from pathlib import Path

from slurm_energy.service.document import document
from slurm_energy.service.metrics import METRICS

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_the_page_is_what_the_definitions_say() -> None:
    assert PAGE.read_text() == document()


def test_names_follow_prometheus_and_name_no_job() -> None:
    for metric in METRICS:
        assert metric.name.startswith("slurmenergy_")
        assert metric.name.endswith("_total") == metric.counter
        assert not {"job", "job_id", "user"} & set(metric.labels)
