-- How much of a series a grant lets go, and in what a peer is spoken to. As in SQLite.

ALTER TABLE grants
    ADD COLUMN resolution text NOT NULL DEFAULT '',
    ADD COLUMN pseudonym integer NOT NULL DEFAULT 0 CHECK (pseudonym IN (0, 1)),
    ADD COLUMN hidden text NOT NULL DEFAULT '';

CREATE FUNCTION check_grant_amount() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE check_violation USING MESSAGE = 'a grant changes in nothing but its state';
END
$$;
CREATE TRIGGER grants_amount_stands BEFORE UPDATE ON grants FOR EACH ROW
    WHEN ((OLD.resolution, OLD.pseudonym, OLD.hidden) IS DISTINCT FROM
          (NEW.resolution, NEW.pseudonym, NEW.hidden)) EXECUTE FUNCTION check_grant_amount();

ALTER TABLE peers
    ADD COLUMN dialect text NOT NULL DEFAULT 'courant'
        CHECK (dialect IN ('courant', 'quoalise', 'pubsub')),
    ADD COLUMN card text NOT NULL DEFAULT '';
