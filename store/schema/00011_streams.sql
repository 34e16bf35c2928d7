-- +goose Up
ALTER TABLE routes ADD COLUMN streams INTEGER NOT NULL DEFAULT 0; -- 0: the setting
