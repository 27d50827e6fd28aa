"""Recorded jobs from files: one module for each format, each becomes a Trace."""
