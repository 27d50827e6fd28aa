-- The begin time that a requeue gave: Slurm's, so it is never undercut.
ALTER TABLE slurm_energy.held ADD COLUMN floor bigint NOT NULL DEFAULT 0;
