"""`python -m demo`: laboratory up, the play, and how to look around and take it down."""

import os
import sys

from demo.story import play, say
from lab.errors import LabError
from lab.laboratory import Lab
from lab.lifecycle import up


def main() -> int:
    """Play; 0 when every deadline was kept."""
    say("slurm-energy demo: a laboratory of two Slurm clusters, then the same morning twice.")
    try:
        lab = Lab.open(os.environ.get("SLURM_ENERGY_LAB", "demo"))
        up(lab)
        kept = play(lab)
    except LabError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    name = "" if lab.name == "lab" else f" SLURM_ENERGY_LAB={lab.name}"
    say()
    say("Every deadline was kept." if kept else "A deadline was missed: see the table above.")
    say(f"Look around:   make lab-shell{name} HOST=east   (then: slurm-energy queue)")
    say(f"Take it down:  make lab-down{name}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
