-- +goose Up

-- The customers of this installation, a service provider's.
CREATE TABLE tenants (
    id                  TEXT    PRIMARY KEY,
    revision            BIGINT  NOT NULL,
    name                TEXT    NOT NULL,
    name_folded         TEXT    NOT NULL,
    limit_value         BIGINT, -- NULL: no limit
    limit_unit          TEXT,
    quota               BIGINT  NOT NULL, -- bytes; 0: as many as it likes
    used                BIGINT  NOT NULL, -- bytes that the repositories received
    until               TEXT,             -- the last day, 2027-01-31; NULL: none
    disabled            INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    public_key_id       TEXT,             -- of its broker; NULL: no link was redeemed
    linked              BIGINT,
    confirmed           BIGINT,
    certificate_expires BIGINT,
    CHECK ((limit_value IS NULL) = (limit_unit IS NULL)),
    CHECK (confirmed IS NULL OR public_key_id IS NOT NULL)
);
CREATE UNIQUE INDEX tenants_name ON tenants (name_folded);
CREATE UNIQUE INDEX tenants_key ON tenants (public_key_id);

CREATE TABLE tenant_services (
    tenant_id  TEXT    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    service_id TEXT    NOT NULL REFERENCES services (id),
    position   INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, service_id)
);
CREATE INDEX tenant_services_service ON tenant_services (service_id);

CREATE TABLE tenant_links (
    hash     TEXT    PRIMARY KEY, -- SHA-256 of the secret, hexadecimal
    tenant   TEXT    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    expires  BIGINT  NOT NULL,
    used     BIGINT,
    replaces INTEGER NOT NULL CHECK (replaces IN (0, 1)) -- 1: it can be redeemed although the tenant has a key
);
CREATE INDEX tenant_links_tenant ON tenant_links (tenant);

-- A tenant's component is one of the components here. It outlives its tenant, as receipts tell of it. tenant_component is its id in
-- the tenant's own installation.
ALTER TABLE components ADD COLUMN tenant TEXT;
ALTER TABLE components ADD COLUMN tenant_component TEXT;
CREATE INDEX components_key ON components (public_key_id);

-- All keys that tenants and their components ever had: none of them is taken a second time.
CREATE TABLE named_keys (
    public_key_id TEXT PRIMARY KEY
);
