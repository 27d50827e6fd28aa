-- Since when a job was earning age when we first changed its begin time: where Slurm enforces
-- limits it forgets that age, and we give it back. And the begin time that Slurm itself gave at a
-- requeue, which we never lower. Both in epoch seconds.

ALTER TABLE slurm_energy.held
    ADD COLUMN age_since bigint,
    ADD COLUMN floor bigint NOT NULL DEFAULT 0;
