-- The record of an installation. Plain SQL that SQLite and PostgreSQL both take.
--
-- Ids are UUIDs of version 7 in their text form, so they sort by the time they were made. Times are milliseconds since
-- 1970 in UTC; NULL is a thing that has not happened. Public keys are named by the SHA-256 of their SubjectPublicKeyInfo
-- in hexadecimal. Lists and documents are JSON. A name is kept twice: as written, and folded, so that two names which
-- differ only by their case, in any script, cannot both be taken.
--
-- No column holds a key in clear, a token or a passphrase: of a join token there is only the hash.

-- +goose Up

CREATE TABLE installation_values (
    name     TEXT PRIMARY KEY,
    encoding TEXT NOT NULL CHECK (encoding IN ('text', 'base64')),
    value    TEXT NOT NULL
);

CREATE TABLE rules (
    id                      TEXT    PRIMARY KEY,
    revision                BIGINT  NOT NULL,
    name                    TEXT    NOT NULL,
    name_folded             TEXT    NOT NULL,
    enabled                 INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    source                  TEXT    NOT NULL, -- JSON list of entries, such as ["10.1.0.0/16", "tag:branch"]
    target                  TEXT    NOT NULL,
    encrypt                 INTEGER NOT NULL CHECK (encrypt IN (0, 1)),
    exempt_reason           TEXT,             -- NULL: not a trusted link
    exempt_until            TEXT,             -- the last day, 2027-01-31
    throttle_value          BIGINT,           -- NULL: no limit
    throttle_unit           TEXT,
    never_throttle_restores INTEGER CHECK (never_throttle_restores IN (0, 1)),
    relaxed_value           BIGINT,           -- NULL: no second limit
    relaxed_unit            TEXT,
    schedule                TEXT,             -- as in a rule set's file; NULL: always on
    comment                 TEXT    NOT NULL,
    CHECK (exempt_until IS NULL OR exempt_reason IS NOT NULL),
    CHECK ((throttle_value IS NULL) = (throttle_unit IS NULL)),
    CHECK ((throttle_value IS NULL) = (never_throttle_restores IS NULL)),
    CHECK ((relaxed_value IS NULL) = (relaxed_unit IS NULL)),
    CHECK (relaxed_value IS NULL OR throttle_value IS NOT NULL)
);
CREATE UNIQUE INDEX rules_name ON rules (name_folded);

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL -- a JSON number or string
);

CREATE TABLE preferred_networks (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    mode     TEXT NOT NULL,
    networks TEXT NOT NULL -- JSON list of CIDRs
);

-- Each thing that administrators edit has a revision, which grows with each edit: an edit of an older copy is noticed. These are the
-- revisions of what is there once: 'setting NAME' for each setting that was edited, and 'preferred networks'.
CREATE TABLE revisions (
    thing    TEXT   PRIMARY KEY,
    revision BIGINT NOT NULL
);

CREATE TABLE components (
    id                  TEXT   PRIMARY KEY,
    revision            BIGINT NOT NULL,
    name                TEXT   NOT NULL,
    name_folded         TEXT   NOT NULL,
    role                TEXT   NOT NULL,
    local_limit_value   BIGINT, -- NULL: no limit of its own
    local_limit_unit    TEXT,
    joined              BIGINT NOT NULL,
    public_key_id       TEXT   NOT NULL,
    certificate_expires BIGINT,
    revoked             BIGINT,
    report              TEXT   NOT NULL, -- JSON: what the component said of itself last
    seen_from           TEXT,            -- the address from which it attached last
    last_seen           BIGINT,
    CHECK ((local_limit_value IS NULL) = (local_limit_unit IS NULL))
);
-- The name of a revoked component is free, so that a machine whose disk was lost can join again under its name.
CREATE UNIQUE INDEX components_name ON components (name_folded) WHERE revoked IS NULL;

CREATE TABLE component_tags (
    component_id TEXT NOT NULL REFERENCES components (id) ON DELETE CASCADE,
    tag          TEXT NOT NULL,
    position     INTEGER NOT NULL,
    PRIMARY KEY (component_id, tag)
);
CREATE INDEX component_tags_tag ON component_tags (tag);

CREATE TABLE services (
    id          TEXT   PRIMARY KEY,
    revision    BIGINT NOT NULL,
    name        TEXT   NOT NULL,
    name_folded TEXT   NOT NULL,
    target      TEXT   NOT NULL REFERENCES components (id),
    backend     TEXT   NOT NULL,
    made_for    TEXT -- the route with which it was made and with which it goes; NULL: somebody made it by itself
);
CREATE UNIQUE INDEX services_name ON services (name_folded);
CREATE INDEX services_target ON services (target);

CREATE TABLE routes (
    id             TEXT    PRIMARY KEY,
    revision       BIGINT  NOT NULL,
    name           TEXT    NOT NULL,
    name_folded    TEXT    NOT NULL,
    source_tag     TEXT, -- NULL: the sources are those of route_sources
    listen         TEXT    NOT NULL,
    service        TEXT    NOT NULL REFERENCES services (id),
    flow           TEXT    NOT NULL CHECK (flow IN ('push', 'pull')),
    linger_seconds INTEGER NOT NULL,
    enabled        INTEGER NOT NULL CHECK (enabled IN (0, 1))
);
CREATE UNIQUE INDEX routes_name ON routes (name_folded);
CREATE INDEX routes_service ON routes (service);

CREATE TABLE route_sources (
    route_id     TEXT    NOT NULL REFERENCES routes (id) ON DELETE CASCADE,
    component_id TEXT    NOT NULL REFERENCES components (id),
    position     INTEGER NOT NULL,
    PRIMARY KEY (route_id, component_id)
);
CREATE INDEX route_sources_component ON route_sources (component_id);

CREATE TABLE administrators (
    id                  TEXT   PRIMARY KEY,
    name                TEXT   NOT NULL,
    name_folded         TEXT   NOT NULL,
    role                TEXT   NOT NULL CHECK (role IN ('view', 'change')),
    public_key_id       TEXT   NOT NULL,
    joined              BIGINT NOT NULL,
    certificate_expires BIGINT,
    revoked             BIGINT
);
CREATE UNIQUE INDEX administrators_name ON administrators (name_folded) WHERE revoked IS NULL;

CREATE TABLE join_tokens (
    id                 TEXT   PRIMARY KEY,
    hash               TEXT   NOT NULL, -- SHA-256 of the secret, hexadecimal
    kind               TEXT   NOT NULL CHECK (kind IN ('component', 'administrator')),
    name               TEXT   NOT NULL,
    role               TEXT,            -- of a component
    administrator_role TEXT,
    tags               TEXT   NOT NULL, -- JSON list
    made               BIGINT NOT NULL,
    expires            BIGINT NOT NULL,
    used               BIGINT
);
CREATE UNIQUE INDEX join_tokens_hash ON join_tokens (hash);

-- Sessions and receipts stand by themselves, without references: they outlive the routes that they were about.
CREATE TABLE sessions (
    id       TEXT   PRIMARY KEY,
    route    TEXT   NOT NULL,
    source   TEXT   NOT NULL,
    target   TEXT   NOT NULL,
    state    TEXT   NOT NULL,
    began    BIGINT NOT NULL,
    document TEXT   NOT NULL -- JSON: the whole session
);

CREATE TABLE receipts (
    id              TEXT   PRIMARY KEY, -- the session's
    began           BIGINT NOT NULL,
    ended           BIGINT NOT NULL,
    source          TEXT   NOT NULL,
    target          TEXT   NOT NULL,
    route           TEXT   NOT NULL,
    mode            TEXT   NOT NULL CHECK (mode IN ('sealed', 'plain', '')), -- '': refused before it was decided
    state           TEXT   NOT NULL CHECK (state IN ('ended', 'refused')),
    bytes_to_target BIGINT NOT NULL,
    bytes_to_source BIGINT NOT NULL,
    document        TEXT   NOT NULL -- JSON: the whole receipt
);
CREATE INDEX receipts_began  ON receipts (began, id);
CREATE INDEX receipts_source ON receipts (source, id);
CREATE INDEX receipts_target ON receipts (target, id);
CREATE INDEX receipts_route  ON receipts (route, id);
CREATE INDEX receipts_mode   ON receipts (mode, id);
CREATE INDEX receipts_state  ON receipts (state, id);

-- Entries are in the order in which they were committed, whatever the clock did.
CREATE TABLE audit (
    id         TEXT   PRIMARY KEY,
    sequence   BIGINT NOT NULL,
    happened   BIGINT NOT NULL,
    who        TEXT   NOT NULL,
    what       TEXT   NOT NULL,
    thing      TEXT   NOT NULL,
    before     TEXT, -- JSON; NULL: there was nothing
    after      TEXT  -- JSON; NULL: there is nothing
);
CREATE UNIQUE INDEX audit_sequence ON audit (sequence);
CREATE INDEX audit_thing ON audit (thing, sequence);
CREATE INDEX audit_happened ON audit (happened, sequence);
