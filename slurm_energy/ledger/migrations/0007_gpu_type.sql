-- The type of the GPUs a run had, as gres.conf names it; run times are scaled between types. Of runs
-- that were recorded before this nobody knows it, as of those that had several types or none.

ALTER TABLE slurm_energy.job_end
    ADD COLUMN gpu_type text NOT NULL DEFAULT '';
