-- How many bytes wait, kept up as messages come and go, so that asking costs nothing; and lanes
-- whose oldest messages were dropped because no more may wait.

-- Numbers after `acknowledged` through `voided` have no rows: what they held was dropped, and they
-- go as voids. A prefix and not a row for each: a peer that never comes back would fill the disk
-- with voids.
ALTER TABLE lanes_out ADD COLUMN waiting_bytes INTEGER NOT NULL DEFAULT 0
    CHECK (waiting_bytes >= 0);
ALTER TABLE lanes_out ADD COLUMN voided INTEGER NOT NULL DEFAULT 0 CHECK (voided < next);
ALTER TABLE lanes_out ADD COLUMN void_reason TEXT NOT NULL DEFAULT '';
UPDATE lanes_out SET waiting_bytes =
    (SELECT coalesce(sum(length(body)), 0) FROM outbox WHERE outbox.lane = lanes_out.id);

-- The running total of bytes, beside that of readings.
ALTER TABLE inbox ADD COLUMN bytes_through INTEGER NOT NULL DEFAULT 0;
UPDATE inbox SET bytes_through = total.bytes FROM
    (SELECT position, sum(length(body)) OVER (ORDER BY position) AS bytes FROM inbox) AS total
    WHERE total.position = inbox.position;
ALTER TABLE inbox_end ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
UPDATE inbox_end SET bytes = (SELECT coalesce(max(bytes_through), 0) FROM inbox);
