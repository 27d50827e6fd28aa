-- Since when a job was earning age (epoch seconds) as we first changed its begin time: where Slurm
-- enforces limits it forgets that age, and we give it back.

ALTER TABLE slurm_energy.held ADD COLUMN age_since bigint;
