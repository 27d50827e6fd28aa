"""A world to try in: recorded jobs and signals, simulated clusters, and the real cycle."""
