-- +goose Up

-- The entries of one change belong together, and what it made of pairs is kept once for all of them.
ALTER TABLE audit ADD COLUMN change_id TEXT; -- NULL: an entry by itself
CREATE INDEX audit_change ON audit (change_id);

CREATE TABLE audit_effects (
    change_id TEXT PRIMARY KEY,
    document  TEXT NOT NULL -- JSON: how many pairs were made sealed, plain or refused, and the first of them
);
