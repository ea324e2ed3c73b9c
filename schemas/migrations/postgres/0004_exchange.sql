-- What two sides have told each other about grants, and what follows from it. As in SQLite.

-- A notice is a message without readings, told by the first bytes of its body; it needs no grant.
DROP TRIGGER outbox_granted ON outbox;
CREATE TRIGGER outbox_granted BEFORE INSERT ON outbox
    FOR EACH ROW WHEN (NEW.void_reason = '' AND
                       NOT (NEW.records = 0 AND substring(NEW.body FROM 1 FOR 8) = '<notice>'::bytea))
    EXECUTE FUNCTION check_outbox();

CREATE INDEX inbox_notices ON inbox (position) WHERE records = 0;

CREATE TABLE held_grants (
    peer         text COLLATE "C" NOT NULL,
    id           text COLLATE "C" NOT NULL,
    terms        text NOT NULL,
    state        text NOT NULL,
    state_since  bigint NOT NULL,
    state_reason text NOT NULL,
    answer       text NOT NULL CHECK (answer IN ('', 'accepted', 'declined')),
    offered_at   bigint NOT NULL,
    PRIMARY KEY (peer, id)
);

CREATE TABLE notices (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at    bigint NOT NULL,
    sent  integer NOT NULL CHECK (sent IN (0, 1)),
    peer  text COLLATE "C" NOT NULL,
    about text COLLATE "C" NOT NULL,
    word  text NOT NULL,
    body  text NOT NULL
);
CREATE INDEX notices_about ON notices (about);

CREATE TABLE erasures (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    peer     text COLLATE "C" NOT NULL,
    about    text NOT NULL,
    series   text NOT NULL,
    subject  text NOT NULL,
    since    bigint,
    before   bigint,
    asked_at bigint NOT NULL,
    readings bigint NOT NULL,
    done_at  bigint
);
CREATE TABLE erasure_answers (
    erasure bigint NOT NULL REFERENCES erasures (id),
    sink    text COLLATE "C" NOT NULL,
    erased  integer NOT NULL CHECK (erased IN (0, 1)),
    note    text NOT NULL,
    PRIMARY KEY (erasure, sink)
);
