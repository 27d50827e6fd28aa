"""`python -m lab`: see `lab/command.py`."""

from lab.command import main

raise SystemExit(main())
