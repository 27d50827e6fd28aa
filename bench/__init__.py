"""Benchmarks: each prints a small table, or the same as JSON, and says where its budget is from."""
