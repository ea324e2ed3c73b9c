-- A person's own word beside the grants, and what peers have by their receipts.

-- Readings about this subject do not go, although a grant for many covers them: such a grant cannot
-- change its state for one of them. `until`: it ends by itself.
CREATE TABLE objections (
    subject TEXT PRIMARY KEY CHECK (subject <> '' AND instr(subject, '*') = 0),
    kind    TEXT NOT NULL CHECK (kind IN ('limited', 'objected', 'withdrawn', 'erased')),
    reason  TEXT NOT NULL,
    since   INTEGER NOT NULL,
    until   INTEGER CHECK (until > since)
) STRICT, WITHOUT ROWID;

-- Counted where receipts come in. `first_at`, `last_at`: when the first and the last of these
-- messages entered the outbox.
CREATE TABLE transfers (
    grant_ref TEXT PRIMARY KEY,
    messages  INTEGER NOT NULL,
    readings  INTEGER NOT NULL,
    first_at  INTEGER NOT NULL,
    last_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
