# Benchmarks. BENCH_ARGS goes to the script: make bench-kernel BENCH_ARGS="--jobs 1000000 --json"

.PHONY: bench-kernel bench-plan bench-stopping bench-submit bench-cycle

bench-kernel: setup ## the scoring kernel against its twin and numpy, 1 and 32 million jobs
	$(RUN)python -m bench.kernel $(BENCH_ARGS)

bench-plan: setup ## a whole plan of 10,000 to 100,000 jobs, and the turn after it
	$(RUN)python -m bench.plan $(BENCH_ARGS)

bench-stopping: setup ## the stopping kernel against its twin and numpy
	$(RUN)python -m bench.stopping $(BENCH_ARGS)

bench-submit: setup ## sbatch with our hook, an empty one and none, at 0 and 10,000 pending jobs
	$(RUN)python -m bench.submit $(BENCH_ARGS)

bench-cycle: setup ## a turn of the daemon at 30,000 pending jobs in a real slurmctld
	$(RUN)python -m bench.cycle $(BENCH_ARGS)
