"""The process: the daemon loop, its lead, its metrics and its page."""
