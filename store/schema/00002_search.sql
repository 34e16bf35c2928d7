-- +goose Up

-- What a search looks in: the words of each receipt and audit entry, in the form in which letters do not differ by case. They
-- stand apart, so that a search through all of them reads no documents.
CREATE TABLE search_texts (
    id   TEXT PRIMARY KEY, -- of the receipt or the entry
    text TEXT NOT NULL
);
