-- What this proxy has brought of each series, for the catalog. As in SQLite; the order of names is
-- that of their bytes in both.

CREATE TABLE series_seen (
    name text COLLATE "C" PRIMARY KEY CHECK (name <> ''),
    unit text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('none', 'number', 'text', 'boolean', 'data')),
    first_at bigint NOT NULL,
    last_at bigint NOT NULL CHECK (last_at >= first_at),
    readings bigint NOT NULL CHECK (readings >= 0),
    latest text NOT NULL
);
