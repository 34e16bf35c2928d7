-- +goose Up

-- A join token can let several machines in, whose names match its name, which is a pattern then.
ALTER TABLE join_tokens ADD COLUMN uses INTEGER NOT NULL DEFAULT 0; -- 0: one machine, called by the token's name
ALTER TABLE join_tokens ADD COLUMN taken INTEGER NOT NULL DEFAULT 0;
ALTER TABLE join_tokens ADD COLUMN revoked BIGINT; -- NULL: it was not taken back
UPDATE join_tokens SET taken = 1 WHERE used IS NOT NULL;
