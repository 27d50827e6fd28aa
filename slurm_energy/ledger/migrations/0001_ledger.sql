-- The ledger: what was seen, decided, sent, and how each job ended.
-- A job is (cluster, job_id, submit_time), submit_time being the original one.
-- Every table takes the same row twice without harm, so that a write whose answer was lost can be
-- repeated.

CREATE TABLE slurm_energy.cycle (
    at timestamptz NOT NULL,
    cycle bigint NOT NULL,
    mode text NOT NULL,
    clusters text[] NOT NULL,
    unread text[] NOT NULL,
    pending bigint NOT NULL,
    managed bigint NOT NULL,
    deferred bigint NOT NULL,
    by_class jsonb NOT NULL,
    by_reason jsonb NOT NULL,
    sent bigint NOT NULL,
    skipped bigint NOT NULL,
    failed bigint NOT NULL,
    seconds jsonb NOT NULL,
    problems text[] NOT NULL,
    PRIMARY KEY (at, cycle)
);
COMMENT ON TABLE slurm_energy.cycle IS 'One turn of the daemon in aggregate';

CREATE TABLE slurm_energy.decision (
    cluster text NOT NULL,
    job_id bigint NOT NULL,
    submit_time timestamptz NOT NULL,
    at timestamptz NOT NULL,
    cycle bigint NOT NULL,
    action text NOT NULL,
    reason text NOT NULL,
    begin_time timestamptz,
    site_factor bigint,
    latest_start timestamptz,
    terms jsonb NOT NULL,
    PRIMARY KEY (cluster, job_id, submit_time, at, cycle)
);
COMMENT ON TABLE slurm_energy.decision IS 'Written when action or reason of a job changed';
CREATE INDEX decision_at ON slurm_energy.decision (at);
CREATE INDEX decision_deferred ON slurm_energy.decision (at) WHERE action = 'defer';

CREATE TABLE slurm_energy.effect (
    at timestamptz NOT NULL,
    cycle bigint NOT NULL,
    seq bigint NOT NULL,
    cluster text NOT NULL,
    job_id bigint NOT NULL,
    submit_time timestamptz NOT NULL,
    begin_time timestamptz,
    site_factor bigint,
    rank bigint NOT NULL,
    fate text NOT NULL,
    detail text NOT NULL,
    PRIMARY KEY (at, cycle, seq)
);
COMMENT ON TABLE slurm_energy.effect IS 'Each update and what became of it';
CREATE INDEX effect_job ON slurm_energy.effect (cluster, job_id, submit_time);

CREATE TABLE slurm_energy.job_end (
    cluster text NOT NULL,
    job_id bigint NOT NULL,
    submit_time timestamptz NOT NULL,
    ran_on text NOT NULL,
    name text NOT NULL,
    user_name text NOT NULL,
    account text NOT NULL,
    partition text NOT NULL,
    state text NOT NULL,
    eligible_time timestamptz,
    start_time timestamptz,
    end_time timestamptz,
    time_limit_seconds bigint,
    gpus bigint NOT NULL,
    cpus bigint NOT NULL,
    nodes bigint NOT NULL,
    width_bucket bigint NOT NULL,
    admin_comment text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT job_end_attempt
        UNIQUE NULLS NOT DISTINCT (cluster, job_id, submit_time, start_time)
);
COMMENT ON TABLE slurm_energy.job_end IS 'How a job ended, one row per attempt, from accounting';
CREATE INDEX job_end_start ON slurm_energy.job_end (start_time);
CREATE INDEX job_end_end ON slurm_energy.job_end (ran_on, end_time);

CREATE TABLE slurm_energy.signal (
    cluster text NOT NULL,
    signal text NOT NULL,
    at timestamptz NOT NULL,
    value double precision,
    source text NOT NULL,
    issued timestamptz,
    PRIMARY KEY (cluster, signal, at)
);
COMMENT ON TABLE slurm_energy.signal IS
    'What we acted on from then on: gCO2eq/kWh for carbon, currency per MWh for price; no value: unknown';
CREATE INDEX signal_at ON slurm_energy.signal (at);

-- Append-only. Retention says so in its own transaction before it deletes.
CREATE FUNCTION slurm_energy.append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('slurm_energy.retention', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% on %.% is refused: the ledger is append-only', TG_OP, TG_TABLE_SCHEMA,
        TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON slurm_energy.cycle
    EXECUTE FUNCTION slurm_energy.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON slurm_energy.decision
    EXECUTE FUNCTION slurm_energy.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON slurm_energy.effect
    EXECUTE FUNCTION slurm_energy.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON slurm_energy.job_end
    EXECUTE FUNCTION slurm_energy.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON slurm_energy.signal
    EXECUTE FUNCTION slurm_energy.append_only();

CREATE VIEW slurm_energy.deferred_job AS
WITH deferred AS (
    SELECT
        cluster,
        job_id,
        submit_time,
        min(at) AS first_deferred,
        (array_agg(
            CASE WHEN jsonb_typeof(terms -> 'deadline') = 'number'
                THEN to_timestamp((terms ->> 'deadline')::double precision) END
            ORDER BY at DESC
        ))[1] AS deadline,
        max(
            CASE WHEN jsonb_typeof(terms -> 'user_begin') = 'number'
                THEN to_timestamp((terms ->> 'user_begin')::double precision) END
        ) AS user_begin
    FROM slurm_energy.decision
    WHERE action = 'defer'
    GROUP BY cluster, job_id, submit_time
),
judged AS (
    SELECT
        deferred.*,
        ending.name,
        ending.user_name,
        ending.account,
        ending.state,
        ending.start_time,
        ending.end_time,
        CASE
            WHEN ending.state IS NULL THEN 'open'
            WHEN deferred.deadline IS NULL THEN 'no deadline'
            WHEN ending.state = 'COMPLETED' AND ending.end_time <= deferred.deadline THEN 'kept'
            WHEN ending.state = 'DEADLINE' OR ending.end_time > deferred.deadline THEN 'missed'
            ELSE 'failed'
        END AS kept,
        coalesce(
            ending.end_time - ending.start_time,
            make_interval(secs => ending.time_limit_seconds)
        ) AS took
    FROM deferred
    LEFT JOIN LATERAL (
        SELECT *
        FROM slurm_energy.job_end AS attempt
        WHERE (attempt.cluster, attempt.job_id, attempt.submit_time)
            = (deferred.cluster, deferred.job_id, deferred.submit_time)
        ORDER BY attempt.end_time DESC NULLS LAST
        LIMIT 1
    ) AS ending ON true
)
SELECT
    *,
    kept = 'missed'
        AND coalesce(greatest(submit_time, user_begin) + took <= deadline, true) AS ours
FROM judged;
COMMENT ON VIEW slurm_energy.deferred_job IS
    'Every job deferred at least once, and whether it completed by its deadline; ours: starting at once would have kept it';
