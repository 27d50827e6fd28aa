-- What stopping a running job needs to remember. done: seconds of work behind it when we last
-- stopped it; stops: how often we did; stopping: start of the run that we are about to stop, 0 for
-- none; warned: when that run was told to save its state, 0 for not yet.

ALTER TABLE slurm_energy.held
    ADD COLUMN done bigint NOT NULL DEFAULT 0,
    ADD COLUMN stops bigint NOT NULL DEFAULT 0,
    ADD COLUMN stopping bigint NOT NULL DEFAULT 0,
    ADD COLUMN warned bigint NOT NULL DEFAULT 0;
