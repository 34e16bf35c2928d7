-- +goose Up

-- What host: names in rules stand for, as DNS said it. Without it, an address of the last day would be forgotten at a restart.
CREATE TABLE hosts (
    name     TEXT PRIMARY KEY, -- the DNS name in lower case
    document TEXT NOT NULL     -- JSON: all that DNS said within a day, and when
);
