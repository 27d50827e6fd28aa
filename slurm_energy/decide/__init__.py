"""The brain: pure functions over the model; no clock, no I/O."""
