-- What a run consumed, in joules, where accounting counts energy; watts are learned from it.

ALTER TABLE slurm_energy.job_end
    ADD COLUMN energy_joules bigint;
