-- Who may have what: the terms with each peer, grants, and strangers that knocked.
--
-- What the grants say is kept by the database, too: no message can be put into the outbox without a
-- grant for its peer that is valid at that time, whatever the program believes; no grant can name a
-- person's series to a peer without a legal link; and a grant, once given, changes in nothing but
-- its state, and is never deleted. (A grant that ends in another transaction while a message enters
-- under it is seen when the message is about to leave.)

-- As in SQLite.
ALTER TABLE peers
    ADD COLUMN link text NOT NULL DEFAULT ''
        CHECK (link IN ('', 'processor', 'joint-controller', 'separate-controller')),
    ADD COLUMN agreement text NOT NULL DEFAULT '',
    ADD COLUMN agreed_from bigint,
    ADD COLUMN agreed_until bigint CHECK (agreed_until > agreed_from),
    ADD COLUMN code text NOT NULL DEFAULT '',
    ADD COLUMN purposes text NOT NULL DEFAULT '',
    ADD COLUMN suspended text NOT NULL DEFAULT '';

CREATE TABLE grants (
    id           text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    subject      text NOT NULL CHECK (subject <> ''),
    series       text NOT NULL CHECK (series <> ''),
    peer         text COLLATE "C" NOT NULL,
    purpose      text NOT NULL CHECK (purpose <> ''),
    basis        text NOT NULL CHECK (basis IN ('consent', 'contract', 'legal-obligation',
                     'vital-interests', 'public-task', 'legitimate-interests', 'not-personal',
                     'unrecorded')),
    retain       text NOT NULL CHECK (retain <> ''),
    history      text NOT NULL,
    valid_from   bigint NOT NULL,
    valid_until  bigint CHECK (valid_until > valid_from),
    mode         text CHECK (mode IN ('asker', 'holder')),
    collected_by text,
    collected_at bigint,
    method       text,
    text_version text,
    proof        text,
    guardian     text,
    state        text NOT NULL
        CHECK (state IN ('active', 'limited', 'objected', 'withdrawn', 'erased')),
    state_since  bigint NOT NULL,
    state_reason text NOT NULL,
    added_at     bigint NOT NULL,
    CHECK (basis <> 'consent' OR (mode IS NOT NULL AND collected_by <> '' AND
           collected_at IS NOT NULL AND method <> '' AND text_version <> ''))
);

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

CREATE FUNCTION check_grant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE check_violation USING MESSAGE = 'grants are kept';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT 1 FROM peers WHERE jid = NEW.peer
                       AND (link <> '' OR NEW.basis IN ('not-personal', 'unrecorded'))) THEN
            RAISE check_violation USING MESSAGE =
                'a grant is for a peer, with a legal link where it is about persons';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.id, OLD.subject, OLD.series, OLD.peer, OLD.purpose, OLD.basis, OLD.retain, OLD.history,
        OLD.valid_from, OLD.valid_until, OLD.mode, OLD.collected_by, OLD.collected_at, OLD.method,
        OLD.text_version, OLD.proof, OLD.guardian, OLD.added_at) IS DISTINCT FROM
       (NEW.id, NEW.subject, NEW.series, NEW.peer, NEW.purpose, NEW.basis, NEW.retain, NEW.history,
        NEW.valid_from, NEW.valid_until, NEW.mode, NEW.collected_by, NEW.collected_at, NEW.method,
        NEW.text_version, NEW.proof, NEW.guardian, NEW.added_at) THEN
        RAISE check_violation USING MESSAGE = 'a grant changes in nothing but its state';
    END IF;
    IF OLD.state = 'erased' OR (OLD.state = 'withdrawn' AND NEW.state <> 'erased') THEN
        RAISE check_violation USING MESSAGE = 'this grant has ended for good';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_checked BEFORE INSERT OR UPDATE OR DELETE ON grants
    FOR EACH ROW EXECUTE FUNCTION check_grant();

-- Why a number between others holds no message any more; its body is empty then.
ALTER TABLE outbox ADD COLUMN void_reason text NOT NULL DEFAULT '';

CREATE FUNCTION check_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM lanes_out l JOIN grants g ON g.peer = l.peer
                   WHERE l.id = NEW.lane AND g.id = NEW.grant_ref AND g.state = 'active'
                   AND g.valid_from <= NEW.stored_at
                   AND (g.valid_until IS NULL OR g.valid_until > NEW.stored_at)) THEN
        RAISE check_violation USING MESSAGE = 'no grant that is valid now lets this message go';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER outbox_granted BEFORE INSERT ON outbox
    FOR EACH ROW WHEN (NEW.void_reason = '') EXECUTE FUNCTION check_outbox();

CREATE TABLE admission_requests (
    jid      text COLLATE "C" PRIMARY KEY,
    first_at bigint NOT NULL,
    last_at  bigint NOT NULL,
    tries    bigint NOT NULL CHECK (tries > 0)
) WITH (fillfactor = 50);
