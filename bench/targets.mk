# Benchmarks. BENCH_ARGS goes to the script: make bench-kernel BENCH_ARGS="--jobs 1000000 --json"
PYTHON ?= python3

.PHONY: bench bench-kernel bench-submit bench-cycle

bench: bench-kernel bench-submit bench-cycle ## all benchmarks; the last two need the laboratory

bench-kernel: ## the scoring kernel against its twin and numpy, 1 and 20 million jobs
	$(PYTHON) -m bench.kernel $(BENCH_ARGS)

bench-submit: ## sbatch with our hook, an empty one and none, at 0 and 10,000 pending jobs
	$(PYTHON) -m bench.submit $(BENCH_ARGS)

bench-cycle: ## a turn of the daemon at 30,000 pending jobs in a real slurmctld
	$(PYTHON) -m bench.cycle $(BENCH_ARGS)
