"""The threat database in its first form: tables and views of SQLite."""

from typing import Final

VERSION: Final = 1

TABLES: Final = """
CREATE TABLE schema_version (version INTEGER NOT NULL);

CREATE TABLE incidents (
    incident_id TEXT PRIMARY KEY,
    zone TEXT NOT NULL,
    status TEXT NOT NULL,
    revision INTEGER NOT NULL,
    kind TEXT NOT NULL,
    msg_type TEXT NOT NULL,
    alert_kind TEXT NOT NULL,
    category TEXT,
    actor TEXT,
    severity TEXT NOT NULL,
    urgency TEXT NOT NULL,
    certainty TEXT NOT NULL,
    credibility TEXT NOT NULL,
    reports INTEGER NOT NULL,
    independent_origins INTEGER NOT NULL,
    headline TEXT,
    province TEXT, district TEXT, tehsil TEXT, place TEXT,
    lat REAL, lon REAL, uncertainty_km REAL,
    occurred_from TEXT, occurred_to TEXT,
    killed_low INTEGER, killed_high INTEGER, injured_low INTEGER, injured_high INTEGER,
    tlp TEXT NOT NULL,
    first_alert_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX incidents_by_time ON incidents (updated_at);
CREATE INDEX incidents_by_place ON incidents (province, district);

CREATE TABLE alerts (
    alert_id TEXT PRIMARY KEY,
    incident_id TEXT NOT NULL REFERENCES incidents,
    incident_revision INTEGER NOT NULL,
    zone TEXT NOT NULL,
    recipient TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    msg_type TEXT NOT NULL,
    rule TEXT NOT NULL,
    why TEXT NOT NULL,
    form TEXT NOT NULL,
    tlp TEXT NOT NULL,
    pap TEXT NOT NULL,
    classification TEXT NOT NULL,
    issued_at TEXT NOT NULL,
    published_at TEXT NOT NULL,
    acknowledge_by TEXT,
    received_at TEXT NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX alerts_by_incident ON alerts (incident_id, incident_revision);

CREATE TABLE bodies (
    alert_id TEXT PRIMARY KEY REFERENCES alerts,
    report_id TEXT,
    revision INTEGER,
    agency TEXT,
    unit TEXT,
    local_ref TEXT,
    msg_type TEXT NOT NULL,
    kind TEXT NOT NULL,
    form TEXT NOT NULL,
    reported_at TEXT NOT NULL,
    headline TEXT,
    narrative TEXT,
    language TEXT NOT NULL,
    tearline TEXT,
    contact TEXT,
    section TEXT,
    withdrawn_by_revision INTEGER
) STRICT;
CREATE INDEX bodies_by_report ON bodies (report_id, revision);

CREATE TABLE persons (
    alert_id TEXT NOT NULL REFERENCES alerts,
    number INTEGER NOT NULL,
    role TEXT NOT NULL,
    sex TEXT, age_low INTEGER, age_high INTEGER,
    name_clk TEXT,
    released_name TEXT,
    PRIMARY KEY (alert_id, number)
) STRICT;

CREATE TABLE entities (
    alert_id TEXT NOT NULL REFERENCES alerts,
    number INTEGER NOT NULL,
    type TEXT NOT NULL,
    role TEXT NOT NULL,
    released_value TEXT,
    PRIMARY KEY (alert_id, number)
) STRICT;

CREATE TABLE tokens (
    token TEXT NOT NULL,
    alert_id TEXT NOT NULL REFERENCES alerts,
    belongs_to TEXT NOT NULL CHECK (belongs_to IN ('person', 'person_name', 'entity')),
    number INTEGER NOT NULL,
    PRIMARY KEY (token, alert_id, belongs_to, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE acknowledgements (
    alert_id TEXT NOT NULL,
    action TEXT NOT NULL,
    opinion TEXT NOT NULL DEFAULT '',
    agency TEXT NOT NULL,
    by TEXT,
    at TEXT NOT NULL,
    note TEXT,
    PRIMARY KEY (alert_id, action, opinion)
) STRICT;
"""
