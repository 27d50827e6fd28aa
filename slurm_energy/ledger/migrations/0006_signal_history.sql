-- What providers tell of the past: carbon intensities in gCO2eq/kWh, prices per MWh in the site's
-- currency. A correction is a row with a later issue: of each moment the last issued counts.
-- kind: average, marginal or market of a carbon intensity; empty for a price, or where not told.
-- until: when the value no longer held; a span without a row is unknown.

CREATE TABLE slurm_energy.signal_history (
    cluster text NOT NULL,
    signal text NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    value double precision NOT NULL,
    source text NOT NULL,
    issued timestamptz NOT NULL,
    PRIMARY KEY (cluster, signal, kind, at, source, issued)
);
COMMENT ON TABLE slurm_energy.signal_history IS
    'What was measured of a signal, corrections by their issue';
CREATE INDEX signal_history_at ON slurm_energy.signal_history (at);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON slurm_energy.signal_history
    EXECUTE FUNCTION slurm_energy.append_only();
