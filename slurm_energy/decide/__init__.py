"""The brain: pure functions over the nouns. No clock, no I/O, no framework.

Read :mod:`~slurm_energy.decide.planner` first. Here is the turn of a cluster; what it asks has
rooms of its own, which ARCHITECTURE.md lists.
"""
