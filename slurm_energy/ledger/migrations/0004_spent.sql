-- What each cluster has spent of the budgets of deferral, faded to the turn at "at" (seconds since
-- the epoch). One row a cluster, updated in place: memory, not evidence.
-- resting: the idle budget is used up and has to recover; idle_gpus: stand idle since "at".
-- classes and accounts: name to [jobs, seconds of delay given to them], each job by its age.

CREATE TABLE slurm_energy.spent (
    cluster text PRIMARY KEY,
    at bigint NOT NULL,
    classes jsonb NOT NULL,
    accounts jsonb NOT NULL,
    gpu_hours double precision NOT NULL,
    deferred_gpu_hours double precision NOT NULL,
    idle_gpu_hours double precision NOT NULL,
    resting boolean NOT NULL,
    idle_gpus bigint NOT NULL
);
COMMENT ON TABLE slurm_energy.spent IS 'What deferral has spent of its budgets, by cluster';
