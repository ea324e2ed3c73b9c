-- How much of a series a subscription takes, what is remembered from reading to reading where that
-- is not all of it, and the subscriptions that peers ask for. As in SQLite.

ALTER TABLE subscriptions
    ADD COLUMN every     text NOT NULL DEFAULT '',
    ADD COLUMN dead_band text NOT NULL DEFAULT '',
    ADD COLUMN heartbeat text NOT NULL DEFAULT '',
    ADD COLUMN quality   text NOT NULL DEFAULT 'missing';

CREATE TABLE shape_states (
    peer      text COLLATE "C" NOT NULL,
    series    text COLLATE "C" NOT NULL,
    grant_ref text COLLATE "C" NOT NULL,
    state     text NOT NULL CHECK (state <> ''),
    PRIMARY KEY (peer, series)
);
CREATE INDEX shape_states_grant ON shape_states (grant_ref);

CREATE FUNCTION forget_shapes_of_grant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM shape_states WHERE grant_ref = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER grants_shape AFTER UPDATE OF state ON grants FOR EACH ROW
    WHEN (NEW.state <> 'active') EXECUTE FUNCTION forget_shapes_of_grant();

CREATE FUNCTION forget_shapes_of_subscription() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM shape_states WHERE peer = OLD.peer AND grant_ref = OLD.grant_ref
        AND NOT EXISTS (SELECT 1 FROM subscriptions
                        WHERE peer = OLD.peer AND grant_ref = OLD.grant_ref);
    RETURN NULL;
END
$$;
CREATE TRIGGER subscriptions_shape AFTER DELETE ON subscriptions FOR EACH ROW
    EXECUTE FUNCTION forget_shapes_of_subscription();

CREATE TABLE subscription_requests (
    id        text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    peer      text COLLATE "C" NOT NULL,
    series    text COLLATE "C" NOT NULL,
    every     text NOT NULL,
    dead_band text NOT NULL,
    heartbeat text NOT NULL,
    quality   text NOT NULL,
    retain    text NOT NULL,
    asked_at  bigint NOT NULL,
    refusal   text NOT NULL,
    UNIQUE (peer, series)
);
