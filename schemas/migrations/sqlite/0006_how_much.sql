-- How much of a series a grant lets go, and in what a peer is spoken to.

-- `resolution`: the finest period, ISO 8601; empty: as it is. `pseudonym`: under a name of its own.
-- `hidden`: levels of the path, counted from 1, that go so, too.
ALTER TABLE grants ADD COLUMN resolution TEXT NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN pseudonym INTEGER NOT NULL DEFAULT 0 CHECK (pseudonym IN (0, 1));
ALTER TABLE grants ADD COLUMN hidden TEXT NOT NULL DEFAULT '';

DROP TRIGGER grants_stand;
CREATE TRIGGER grants_stand BEFORE UPDATE OF id, subject, series, peer, purpose, basis, retain,
        history, valid_from, valid_until, mode, collected_by, collected_at, method, text_version,
        proof, guardian, added_at, resolution, pseudonym, hidden ON grants
    BEGIN SELECT RAISE(ABORT, 'a grant changes in nothing but its state'); END;

-- `card`: how it described itself last, in JSON.
ALTER TABLE peers ADD COLUMN dialect TEXT NOT NULL DEFAULT 'courant'
    CHECK (dialect IN ('courant', 'quoalise', 'pubsub'));
ALTER TABLE peers ADD COLUMN card TEXT NOT NULL DEFAULT '';
