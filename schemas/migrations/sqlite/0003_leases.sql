-- Who may do what alone, and until when. In SQLite one process runs on the store and holds them all;
-- they are here so that nobody above the store need know which store it is.

CREATE TABLE leases (
    what   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
