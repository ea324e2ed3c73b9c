-- How much of a series a subscription takes, what is remembered from reading to reading where that
-- is not all of it, and the subscriptions that peers ask for.

-- `every`: the period of the values, ISO 8601; empty: as they are. `dead_band`: a decimal, so that
-- what was said is what stands here; empty: none. `quality`: the least.
ALTER TABLE subscriptions ADD COLUMN every TEXT NOT NULL DEFAULT '';
ALTER TABLE subscriptions ADD COLUMN dead_band TEXT NOT NULL DEFAULT '';
ALTER TABLE subscriptions ADD COLUMN heartbeat TEXT NOT NULL DEFAULT '';
ALTER TABLE subscriptions ADD COLUMN quality TEXT NOT NULL DEFAULT 'missing';

-- A memory holds readings: it goes with the permission under which it was made.
CREATE TABLE shape_states (
    peer      TEXT NOT NULL,
    series    TEXT NOT NULL,
    grant_ref TEXT NOT NULL,
    state     TEXT NOT NULL CHECK (state <> ''),
    PRIMARY KEY (peer, series)
) STRICT, WITHOUT ROWID;
CREATE INDEX shape_states_grant ON shape_states (grant_ref);

CREATE TRIGGER grants_shape AFTER UPDATE OF state ON grants WHEN NEW.state <> 'active'
    BEGIN DELETE FROM shape_states WHERE grant_ref = NEW.id; END;
CREATE TRIGGER subscriptions_shape AFTER DELETE ON subscriptions
    WHEN NOT EXISTS (SELECT 1 FROM subscriptions
                     WHERE peer = OLD.peer AND grant_ref = OLD.grant_ref)
    BEGIN DELETE FROM shape_states WHERE peer = OLD.peer AND grant_ref = OLD.grant_ref; END;

CREATE TABLE subscription_requests (
    id        TEXT PRIMARY KEY CHECK (id <> ''),
    peer      TEXT NOT NULL,
    series    TEXT NOT NULL,
    every     TEXT NOT NULL,
    dead_band TEXT NOT NULL,
    heartbeat TEXT NOT NULL,
    quality   TEXT NOT NULL,
    retain    TEXT NOT NULL,
    asked_at  INTEGER NOT NULL,
    refusal   TEXT NOT NULL,
    UNIQUE (peer, series)
) STRICT, WITHOUT ROWID;
