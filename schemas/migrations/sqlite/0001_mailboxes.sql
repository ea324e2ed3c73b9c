-- The mailboxes of a proxy, in SQLite.
--
-- Times are nanoseconds since the POSIX epoch, qualities and origins are words, hops are bare JIDs
-- separated by spaces, bodies are the bytes that go on the wire.
--
-- Messages lie in tables with a row id and a small index on (lane, seq), not in a table clustered
-- by that key: SQLite keeps only a quarter page of a clustered row in place and gives every larger
-- body pages of its own, which measured twice the file and half the speed at bodies of 2 kB.

CREATE TABLE peers (
    jid      TEXT PRIMARY KEY,
    relay    INTEGER NOT NULL CHECK (relay IN (0, 1)),
    added_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE subscriptions (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    peer      TEXT NOT NULL,
    series    TEXT NOT NULL,
    retain    TEXT NOT NULL,
    grant_ref TEXT NOT NULL,
    added_at  INTEGER NOT NULL,
    UNIQUE (peer, series)
) STRICT;

-- One lane to each peer. What waits is (acknowledged, next), without holes, so that it need not be
-- counted; its readings are summed up here as messages come and go.
CREATE TABLE lanes_out (
    id              INTEGER PRIMARY KEY,
    lane            TEXT NOT NULL UNIQUE,
    peer            TEXT NOT NULL UNIQUE,
    next            INTEGER NOT NULL CHECK (next > acknowledged),
    acknowledged    INTEGER NOT NULL CHECK (acknowledged >= 0),
    waiting_records INTEGER NOT NULL CHECK (waiting_records >= 0)
) STRICT;

CREATE TABLE outbox (
    id        INTEGER PRIMARY KEY,
    lane      INTEGER NOT NULL REFERENCES lanes_out (id),
    seq       INTEGER NOT NULL,
    retain    TEXT NOT NULL,
    grant_ref TEXT NOT NULL,
    quality   TEXT NOT NULL,
    hops      TEXT NOT NULL,
    records   INTEGER NOT NULL CHECK (records >= 0),
    stored_at INTEGER NOT NULL,
    body      BLOB NOT NULL,
    UNIQUE (lane, seq)
) STRICT;

-- What is known of the lanes from others. It outlives the messages: `next` is what tells a
-- repetition after the message itself was delivered and purged.
CREATE TABLE lanes_in (
    id      INTEGER PRIMARY KEY,
    peer    TEXT NOT NULL,
    lane    TEXT NOT NULL,
    next    INTEGER NOT NULL CHECK (next > 0),
    highest INTEGER NOT NULL,
    waiting INTEGER NOT NULL CHECK (waiting >= 0),
    UNIQUE (peer, lane)
) STRICT;

-- `records_through` is the running total of readings, this message's included: what lies behind a
-- position is a difference of two rows, however long the inbox has become.
CREATE TABLE inbox (
    position        INTEGER PRIMARY KEY,
    lane            INTEGER NOT NULL REFERENCES lanes_in (id),
    seq             INTEGER NOT NULL,
    retain          TEXT NOT NULL,
    grant_ref       TEXT NOT NULL,
    quality         TEXT NOT NULL,
    hops            TEXT NOT NULL,
    records         INTEGER NOT NULL CHECK (records >= 0),
    records_through INTEGER NOT NULL,
    stored_at       INTEGER NOT NULL,
    body            BLOB NOT NULL,
    UNIQUE (lane, seq)
) STRICT;

-- What came before its turn. Without a body: the number is accounted for, and nothing comes with
-- it.
CREATE TABLE inbox_waiting (
    id        INTEGER PRIMARY KEY,
    lane      INTEGER NOT NULL REFERENCES lanes_in (id),
    seq       INTEGER NOT NULL,
    retain    TEXT NOT NULL,
    grant_ref TEXT NOT NULL,
    quality   TEXT NOT NULL,
    hops      TEXT NOT NULL,
    records   INTEGER NOT NULL CHECK (records >= 0),
    stored_at INTEGER NOT NULL,
    body      BLOB,
    UNIQUE (lane, seq)
) STRICT;

-- The last position given out and the total of readings up to it; they outlive the inbox's rows.
CREATE TABLE inbox_end (
    only     INTEGER PRIMARY KEY CHECK (only = 1),
    position INTEGER NOT NULL,
    records  INTEGER NOT NULL
) STRICT;
INSERT INTO inbox_end (only, position, records) VALUES (1, 0, 0);

CREATE TABLE sinks (
    name     TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letters (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    origin    TEXT NOT NULL,
    whom      TEXT NOT NULL,
    lane      TEXT,
    seq       INTEGER,
    record    INTEGER,
    reason    TEXT NOT NULL,
    payload   BLOB NOT NULL,
    retain    TEXT NOT NULL,
    grant_ref TEXT NOT NULL,
    quality   TEXT NOT NULL,
    hops      TEXT NOT NULL
) STRICT;

-- Counting reads this small index instead of the payloads.
CREATE INDEX dead_letters_at ON dead_letters (at);

-- Whether a message or record has been set aside already is asked for each refusal that comes in.
CREATE INDEX dead_letters_message ON dead_letters (lane, seq);

CREATE TABLE cursors (
    source TEXT PRIMARY KEY,
    cursor BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE job_states (
    job          TEXT PRIMARY KEY,
    last_start   INTEGER,
    last_success INTEGER,
    failures     INTEGER NOT NULL,
    last_error   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE counters (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE notes (
    key  TEXT PRIMARY KEY,
    text TEXT NOT NULL
) STRICT, WITHOUT ROWID;
