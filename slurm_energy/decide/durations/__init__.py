"""How long a job may run: distributions of run times, learned from ended jobs like it."""
