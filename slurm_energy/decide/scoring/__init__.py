"""How much a job matters now: its SiteFactor."""
