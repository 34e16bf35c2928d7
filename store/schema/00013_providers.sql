-- +goose Up

-- The service providers of which this installation is a tenant. Their key, certificate and roots lie in files of the data folder.
CREATE TABLE providers (
    id          TEXT   PRIMARY KEY, -- the provider's installation
    revision    BIGINT NOT NULL,
    name        TEXT   NOT NULL,
    name_folded TEXT   NOT NULL,
    tenant      TEXT   NOT NULL,    -- this installation's id there
    gateways    TEXT   NOT NULL,    -- JSON list of HOST:PORT
    ca_pin      TEXT   NOT NULL,    -- SHA-256 of the key of its authority
    added       BIGINT NOT NULL
);
CREATE UNIQUE INDEX providers_name ON providers (name_folded);

-- Which component has which id at a provider.
CREATE TABLE provider_components (
    provider  TEXT   NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    component TEXT   NOT NULL REFERENCES components (id) ON DELETE CASCADE,
    remote    TEXT   NOT NULL,
    joined    BIGINT NOT NULL,
    PRIMARY KEY (provider, component)
);

-- A service is behind a component, or is a provider's. SQLite takes no NOT NULL away, so that the tables are made anew, those that
-- refer to others last.
CREATE TABLE services_made_anew (
    id          TEXT   PRIMARY KEY,
    revision    BIGINT NOT NULL,
    name        TEXT   NOT NULL,
    name_folded TEXT   NOT NULL,
    target      TEXT   REFERENCES components (id), -- NULL: a provider's
    backend     TEXT   NOT NULL,
    made_for    TEXT, -- the route with which it was made and with which it goes; NULL: somebody made it by itself
    provider    TEXT   REFERENCES providers (id),
    remote      TEXT, -- the service's id there
    CHECK ((target IS NULL) = (provider IS NOT NULL)),
    CHECK ((provider IS NULL) = (remote IS NULL))
);
INSERT INTO services_made_anew (id, revision, name, name_folded, target, backend, made_for)
    SELECT id, revision, name, name_folded, target, backend, made_for FROM services;

CREATE TABLE routes_made_anew (
    id             TEXT    PRIMARY KEY,
    revision       BIGINT  NOT NULL,
    name           TEXT    NOT NULL,
    name_folded    TEXT    NOT NULL,
    source_tag     TEXT, -- NULL: the sources are those of route_sources
    listen         TEXT    NOT NULL,
    service        TEXT    NOT NULL REFERENCES services_made_anew (id),
    flow           TEXT    NOT NULL CHECK (flow IN ('push', 'pull')),
    linger_seconds INTEGER NOT NULL,
    enabled        INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    streams        INTEGER NOT NULL DEFAULT 0 -- 0: the setting
);
INSERT INTO routes_made_anew (id, revision, name, name_folded, source_tag, listen, service, flow, linger_seconds, enabled, streams)
    SELECT id, revision, name, name_folded, source_tag, listen, service, flow, linger_seconds, enabled, streams FROM routes;

CREATE TABLE route_sources_made_anew (
    route_id     TEXT    NOT NULL REFERENCES routes_made_anew (id) ON DELETE CASCADE,
    component_id TEXT    NOT NULL REFERENCES components (id),
    position     INTEGER NOT NULL,
    PRIMARY KEY (route_id, component_id)
);
INSERT INTO route_sources_made_anew (route_id, component_id, position) SELECT route_id, component_id, position FROM route_sources;

CREATE TABLE tenant_services_made_anew (
    tenant_id  TEXT    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    service_id TEXT    NOT NULL REFERENCES services_made_anew (id),
    position   INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, service_id)
);
INSERT INTO tenant_services_made_anew (tenant_id, service_id, position) SELECT tenant_id, service_id, position FROM tenant_services;

DROP TABLE tenant_services;
DROP TABLE route_sources;
DROP TABLE routes;
DROP TABLE services;
ALTER TABLE services_made_anew RENAME TO services;
ALTER TABLE routes_made_anew RENAME TO routes;
ALTER TABLE route_sources_made_anew RENAME TO route_sources;
ALTER TABLE tenant_services_made_anew RENAME TO tenant_services;

CREATE UNIQUE INDEX services_name ON services (name_folded);
CREATE INDEX services_target ON services (target);
CREATE INDEX services_provider ON services (provider);
CREATE UNIQUE INDEX routes_name ON routes (name_folded);
CREATE INDEX routes_service ON routes (service);
CREATE INDEX route_sources_component ON route_sources (component_id);
CREATE INDEX tenant_services_service ON tenant_services (service_id);
