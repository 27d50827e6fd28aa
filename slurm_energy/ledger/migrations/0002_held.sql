-- What we last wrote into the fields of jobs that may still be pending: the other half of every
-- compare-and-set. The one table that is updated in place: it is memory, not evidence. It lets the
-- daemon of another host go on where a dead leader stopped.
-- Times are seconds since the epoch, as Slurm shows them: they are compared, not computed with.
-- age_since: since when a job was earning age when we first put it off; floor: the begin time that
-- Slurm itself gave at a requeue.

CREATE TABLE slurm_energy.held (
    cluster text NOT NULL,
    job_id bigint NOT NULL,
    submit_time bigint NOT NULL,
    begin_time bigint,
    begin_sent bigint,
    site_factor bigint NOT NULL,
    site_factor_sent bigint,
    restarts bigint NOT NULL,
    theirs boolean NOT NULL,
    age_since bigint,
    floor bigint NOT NULL,
    PRIMARY KEY (cluster, job_id, submit_time)
);
COMMENT ON TABLE slurm_energy.held IS 'What we last wrote into jobs that may still be pending';
