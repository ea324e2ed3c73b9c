-- Who may have what: the terms with each peer, grants, and strangers that knocked.
--
-- What the grants say is kept by the database, too: no message can be put into the outbox without a
-- grant for its peer that is valid at that time, whatever the program believes; no grant can name a
-- person's series to a peer without a legal link; and a grant, once given, changes in nothing but
-- its state, and is never deleted.

-- `link`: what the two organisations are to each other (GDPR Art. 26 and 28). `purposes`: words
-- separated by spaces; empty where the agreement names none. `suspended`: why nothing goes to it or
-- comes from it at present.
ALTER TABLE peers ADD COLUMN link TEXT NOT NULL DEFAULT ''
    CHECK (link IN ('', 'processor', 'joint-controller', 'separate-controller'));
ALTER TABLE peers ADD COLUMN agreement TEXT NOT NULL DEFAULT '';
ALTER TABLE peers ADD COLUMN agreed_from INTEGER;
ALTER TABLE peers ADD COLUMN agreed_until INTEGER CHECK (agreed_until > agreed_from);
ALTER TABLE peers ADD COLUMN code TEXT NOT NULL DEFAULT '';
ALTER TABLE peers ADD COLUMN purposes TEXT NOT NULL DEFAULT '';
ALTER TABLE peers ADD COLUMN suspended TEXT NOT NULL DEFAULT '';

-- What is asked for each message that is put into the outbox stands first, and `lane` is the lane to
-- the peer, once there is one, so that one look into this table is all that it costs.
CREATE TABLE grants (
    id           TEXT PRIMARY KEY CHECK (id <> ''),
    lane         INTEGER,
    state        TEXT NOT NULL
        CHECK (state IN ('active', 'limited', 'objected', 'withdrawn', 'erased')),
    valid_from   INTEGER NOT NULL,
    valid_until  INTEGER CHECK (valid_until > valid_from),
    subject      TEXT NOT NULL CHECK (subject <> ''),
    series       TEXT NOT NULL CHECK (series <> ''),
    peer         TEXT NOT NULL,
    purpose      TEXT NOT NULL CHECK (purpose <> ''),
    basis        TEXT NOT NULL CHECK (basis IN ('consent', 'contract', 'legal-obligation',
                     'vital-interests', 'public-task', 'legitimate-interests', 'not-personal',
                     'unrecorded')),
    retain       TEXT NOT NULL CHECK (retain <> ''),
    history      TEXT NOT NULL,
    mode         TEXT CHECK (mode IN ('asker', 'holder')),
    collected_by TEXT,
    collected_at INTEGER,
    method       TEXT,
    text_version TEXT,
    proof        TEXT,
    guardian     TEXT,
    state_since  INTEGER NOT NULL,
    state_reason TEXT NOT NULL,
    added_at     INTEGER NOT NULL,
    CHECK (basis <> 'consent' OR (mode IS NOT NULL AND collected_by <> '' AND
           collected_at IS NOT NULL AND method <> '' AND text_version <> ''))
) STRICT, WITHOUT ROWID;

CREATE INDEX grants_peer ON grants (peer);

-- What runs already goes on under a grant that says what it is: a remnant, to be replaced.
INSERT INTO grants (id, subject, series, peer, purpose, basis, retain, history, valid_from, state,
                    state_since, state_reason, added_at)
    SELECT 'before-' || id, '*', series, peer, 'as before grants were kept', 'unrecorded', retain,
           '', added_at, 'active', added_at, '', added_at FROM subscriptions;
UPDATE subscriptions SET grant_ref = 'before-' || id;
INSERT INTO grants (id, subject, series, peer, purpose, basis, retain, history, valid_from, state,
                    state_since, state_reason, added_at)
    SELECT 'before-lane-' || id, '*', '*', peer, 'as before grants were kept', 'unrecorded', 'P1D',
           '', 0, 'active', 0, '', 0 FROM lanes_out
    WHERE EXISTS (SELECT 1 FROM outbox WHERE lane = lanes_out.id);
UPDATE outbox SET grant_ref = 'before-lane-' || lane;

UPDATE grants SET lane = (SELECT id FROM lanes_out WHERE lanes_out.peer = grants.peer);
CREATE TRIGGER grants_lane AFTER INSERT ON grants
    BEGIN UPDATE grants SET lane = (SELECT id FROM lanes_out WHERE peer = NEW.peer)
          WHERE id = NEW.id; END;
CREATE TRIGGER lanes_out_grants AFTER INSERT ON lanes_out
    BEGIN UPDATE grants SET lane = NEW.id WHERE peer = NEW.peer; END;

CREATE TRIGGER grants_link BEFORE INSERT ON grants
    WHEN NOT EXISTS (SELECT 1 FROM peers WHERE jid = NEW.peer
                     AND (link <> '' OR NEW.basis IN ('not-personal', 'unrecorded')))
    BEGIN SELECT RAISE(ABORT, 'a grant is for a peer, with a legal link where it is about persons');
    END;

CREATE TRIGGER grants_stand BEFORE UPDATE OF id, subject, series, peer, purpose, basis, retain,
        history, valid_from, valid_until, mode, collected_by, collected_at, method, text_version,
        proof, guardian, added_at ON grants
    BEGIN SELECT RAISE(ABORT, 'a grant changes in nothing but its state'); END;

CREATE TRIGGER grants_end BEFORE UPDATE OF state ON grants
    WHEN OLD.state = 'erased' OR (OLD.state = 'withdrawn' AND NEW.state <> 'erased')
    BEGIN SELECT RAISE(ABORT, 'this grant has ended for good'); END;

CREATE TRIGGER grants_stay BEFORE DELETE ON grants
    BEGIN SELECT RAISE(ABORT, 'grants are kept'); END;

-- Why a number between others holds no message any more; its body is empty then.
ALTER TABLE outbox ADD COLUMN void_reason TEXT NOT NULL DEFAULT '';

CREATE TRIGGER outbox_granted BEFORE INSERT ON outbox
    WHEN NEW.void_reason = '' AND NOT EXISTS
        (SELECT 1 FROM grants WHERE id = NEW.grant_ref AND lane = NEW.lane AND state = 'active'
         AND valid_from <= NEW.stored_at
         AND (valid_until IS NULL OR valid_until > NEW.stored_at))
    BEGIN SELECT RAISE(ABORT, 'no grant that is valid now lets this message go'); END;

CREATE TABLE admission_requests (
    jid      TEXT PRIMARY KEY,
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    tries    INTEGER NOT NULL CHECK (tries > 0)
) STRICT, WITHOUT ROWID;
