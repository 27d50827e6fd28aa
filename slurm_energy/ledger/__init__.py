"""The memory that outlives the daemon: PostgreSQL, one transaction per turn, append-only."""
