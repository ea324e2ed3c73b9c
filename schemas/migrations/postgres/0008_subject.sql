-- A person's own word beside the grants, and what peers have by their receipts. As in SQLite.

CREATE TABLE objections (
    subject text COLLATE "C" PRIMARY KEY CHECK (subject <> '' AND position('*' IN subject) = 0),
    kind    text NOT NULL CHECK (kind IN ('limited', 'objected', 'withdrawn', 'erased')),
    reason  text NOT NULL,
    since   bigint NOT NULL,
    until   bigint CHECK (until > since)
);

-- Updated with each receipt: room on the page lets the new version lie beside the old one.
CREATE TABLE transfers (
    grant_ref text COLLATE "C" PRIMARY KEY,
    messages  bigint NOT NULL,
    readings  bigint NOT NULL,
    first_at  bigint NOT NULL,
    last_at   bigint NOT NULL
) WITH (fillfactor = 50);
