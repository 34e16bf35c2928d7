-- +goose Up

-- What receipts and audit entries are listed by. One index of all of it finds a page in any order among any of them, without
-- reading the documents; it begins with what is asked for most.
ALTER TABLE receipts ADD COLUMN source_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE receipts ADD COLUMN target_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE receipts ADD COLUMN route_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE receipts ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0; -- both ways together
CREATE INDEX receipts_order ON receipts (ended, id, began, mode, state, source, target, route, bytes, source_folded, target_folded, route_folded);

ALTER TABLE audit ADD COLUMN who_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN thing_folded TEXT NOT NULL DEFAULT '';
CREATE INDEX audit_order ON audit (happened, sequence, id, thing, what, who_folded, thing_folded);
