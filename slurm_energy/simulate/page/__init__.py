"""The report of a study: one self-contained HTML file."""

from slurm_energy.simulate.study import Study, Tell


def page(found: Study, tell: Tell) -> str:
    """The report as text."""
    return ""
