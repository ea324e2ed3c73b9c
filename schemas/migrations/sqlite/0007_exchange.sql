-- What two sides have told each other about grants, and what follows from it.

-- A notice is a message without readings, told by the first bytes of its body; it needs no grant.
DROP TRIGGER outbox_granted;
CREATE TRIGGER outbox_granted BEFORE INSERT ON outbox
    WHEN NEW.void_reason = '' AND NOT (NEW.records = 0 AND substr(NEW.body, 1, 8) = x'3C6E6F746963653E')
        AND NOT EXISTS
        (SELECT 1 FROM grants WHERE id = NEW.grant_ref AND lane = NEW.lane AND state = 'active'
         AND valid_from <= NEW.stored_at
         AND (valid_until IS NULL OR valid_until > NEW.stored_at))
    BEGIN SELECT RAISE(ABORT, 'no grant that is valid now lets this message go'); END;

CREATE INDEX inbox_notices ON inbox (position) WHERE records = 0;

-- Grants that others gave us: `terms` as they were offered, in XML.
CREATE TABLE held_grants (
    peer         TEXT NOT NULL,
    id           TEXT NOT NULL,
    terms        TEXT NOT NULL,
    state        TEXT NOT NULL,
    state_since  INTEGER NOT NULL,
    state_reason TEXT NOT NULL,
    answer       TEXT NOT NULL CHECK (answer IN ('', 'accepted', 'declined')),
    offered_at   INTEGER NOT NULL,
    PRIMARY KEY (peer, id)
) STRICT, WITHOUT ROWID;

-- Every notice that went (`sent` = 1) or came, for whoever has to show it.
CREATE TABLE notices (
    id    INTEGER PRIMARY KEY,
    at    INTEGER NOT NULL,
    sent  INTEGER NOT NULL CHECK (sent IN (0, 1)),
    peer  TEXT NOT NULL,
    about TEXT NOT NULL,
    word  TEXT NOT NULL,
    body  TEXT NOT NULL
) STRICT;
CREATE INDEX notices_about ON notices (about);

-- What is to be erased here because its giver said so.
CREATE TABLE erasures (
    id       INTEGER PRIMARY KEY,
    peer     TEXT NOT NULL,
    about    TEXT NOT NULL,
    series   TEXT NOT NULL,
    subject  TEXT NOT NULL,
    since    INTEGER,
    before   INTEGER,
    asked_at INTEGER NOT NULL,
    readings INTEGER NOT NULL,
    done_at  INTEGER
) STRICT;
CREATE TABLE erasure_answers (
    erasure INTEGER NOT NULL REFERENCES erasures (id),
    sink    TEXT NOT NULL,
    erased  INTEGER NOT NULL CHECK (erased IN (0, 1)),
    note    TEXT NOT NULL,
    PRIMARY KEY (erasure, sink)
) STRICT, WITHOUT ROWID;
