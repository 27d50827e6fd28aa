-- A job is asked for by its number alone, by explain and for every run that ended on another cluster
-- than its origin; and once an hour rows past their time are looked for. Without these both read all
-- there is, in a year of a large site for longer than a turn may wait.

SET LOCAL statement_timeout = 0;
CREATE INDEX decision_job ON slurm_energy.decision (job_id);
CREATE INDEX job_end_age ON slurm_energy.job_end (coalesce(end_time, recorded_at));
-- Of an expression the planner knows nothing before it was looked at.
ANALYZE slurm_energy.job_end;
