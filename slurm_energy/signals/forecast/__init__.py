"""Our own forecasts of a signal from a few weeks of its history, and how good each one has been."""
