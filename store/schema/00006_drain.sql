-- +goose Up

-- An administrator's order to a component to take no new connection: since when, when what still runs is cut (NULL: never), and
-- who ordered it. All NULL: there is no such order.
ALTER TABLE components ADD COLUMN drain_since BIGINT;
ALTER TABLE components ADD COLUMN drain_until BIGINT;
ALTER TABLE components ADD COLUMN drain_by TEXT;
