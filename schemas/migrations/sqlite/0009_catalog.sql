-- What this proxy has brought of each series, for the catalog.

-- `name`: in people's spelling. `kind`: what its last value was. `latest`: its last few numbers, as
-- pairs of a time in nanoseconds and a value, all with blanks between; it holds a person's values,
-- and goes with the row where the series is forgotten.
CREATE TABLE series_seen (
    name TEXT PRIMARY KEY CHECK (name <> ''),
    unit TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('none', 'number', 'text', 'boolean', 'data')),
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL CHECK (last_at >= first_at),
    readings INTEGER NOT NULL CHECK (readings >= 0),
    latest TEXT NOT NULL
) STRICT, WITHOUT ROWID;
