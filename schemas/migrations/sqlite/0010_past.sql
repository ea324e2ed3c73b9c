-- Who asked for the past, and what is kept of what was sent.

-- A call stands here before the app is asked, and only under a grant for its asker that is valid at
-- that time: without the row there is no call. The pages of one request are one row, whose range is
-- all that was asked for. `state_since` lets a row of an older time be taken over from another
-- store after its grant has ended.
CREATE TABLE calls (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    asker       TEXT NOT NULL,
    request     TEXT NOT NULL CHECK (request <> ''),
    series      TEXT NOT NULL CHECK (series <> ''),
    from_time   INTEGER NOT NULL,
    to_time     INTEGER NOT NULL CHECK (to_time > from_time),
    grant_ref   TEXT NOT NULL,
    called_at   INTEGER NOT NULL,
    last_at     INTEGER NOT NULL,
    pages       INTEGER NOT NULL CHECK (pages > 0),
    state       TEXT NOT NULL CHECK (state IN ('started', 'ok', 'failed', 'cancelled')),
    error       TEXT NOT NULL,
    readings    INTEGER NOT NULL CHECK (readings >= 0),
    through     INTEGER,
    digest      TEXT NOT NULL,
    finished_at INTEGER,
    CHECK ((state = 'started') = (finished_at IS NULL)),
    UNIQUE (asker, request, series, grant_ref)
) STRICT;

CREATE INDEX calls_age ON calls (last_at);

CREATE TRIGGER calls_granted BEFORE INSERT ON calls
    WHEN NOT EXISTS
        (SELECT 1 FROM grants WHERE id = NEW.grant_ref AND peer = NEW.asker
         AND (state = 'active' OR state_since > NEW.last_at) AND valid_from <= NEW.last_at
         AND (valid_until IS NULL OR valid_until > NEW.last_at))
    BEGIN SELECT RAISE(ABORT, 'no grant that is valid now lets this call be made'); END;
CREATE TRIGGER calls_granted_again BEFORE UPDATE OF asker, grant_ref, last_at ON calls
    WHEN NOT EXISTS
        (SELECT 1 FROM grants WHERE id = NEW.grant_ref AND peer = NEW.asker
         AND (state = 'active' OR state_since > NEW.last_at) AND valid_from <= NEW.last_at
         AND (valid_until IS NULL OR valid_until > NEW.last_at))
    BEGIN SELECT RAISE(ABORT, 'no grant that is valid now lets this call be made'); END;

-- Readings that were sent, one for each series and time. A plain number stands in its column, what
-- is anything else as a SenML record in CBOR. `quality` counts from missing = 0 to invoiced = 5.
CREATE TABLE past_series (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE past_readings (
    series     INTEGER NOT NULL,
    time       INTEGER NOT NULL,
    quality    INTEGER NOT NULL CHECK (quality BETWEEN 0 AND 5),
    keep_until INTEGER NOT NULL,
    unit       TEXT,
    number     REAL,
    record     BLOB,
    CHECK ((number IS NULL) <> (record IS NULL)),
    PRIMARY KEY (series, time)
) STRICT, WITHOUT ROWID;

CREATE INDEX past_readings_age ON past_readings (keep_until);
