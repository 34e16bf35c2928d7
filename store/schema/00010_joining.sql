-- +goose Up

-- Each new token has the old ones removed; that is not to read all there are.
CREATE INDEX join_tokens_expires ON join_tokens (expires);
CREATE INDEX join_tokens_used ON join_tokens (used);
