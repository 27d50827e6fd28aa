# Benchmarks. BENCH_ARGS goes to the script, e.g. make bench-kernel BENCH_ARGS="--jobs 1000000 --json"
PYTHON ?= python3

.PHONY: bench bench-kernel

bench: bench-kernel  ## all benchmarks

bench-kernel:  ## scoring kernel against its twin and numpy, 1 and 20 million jobs
	$(PYTHON) -m bench.kernel $(BENCH_ARGS)
