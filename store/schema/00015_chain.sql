-- +goose Up

-- The chain of receipts: each entry's link is a hash of the one before and of all that the entry says, signed by the broker. Hashes are
-- hexadecimal, signatures base64. What a receipt says stands in its own row; the document is that of the other kinds.
CREATE TABLE chain (
    sequence  INTEGER PRIMARY KEY, -- from 1
    kind      TEXT NOT NULL,
    receipt   TEXT, -- the session's
    previous  TEXT NOT NULL,
    link      TEXT NOT NULL,
    signature TEXT NOT NULL,
    document  TEXT, -- JSON
    CHECK ((kind = 'receipt') = (receipt IS NOT NULL)),
    CHECK ((kind = 'receipt') = (document IS NULL))
);
CREATE UNIQUE INDEX chain_receipt ON chain (receipt);
