"""The tables of the tip line."""

from typing import Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS tip (
    tip_id INTEGER PRIMARY KEY AUTOINCREMENT,
    code_digest TEXT NOT NULL UNIQUE,
    channel TEXT NOT NULL,
    received_at TEXT NOT NULL,
    language TEXT NOT NULL,
    text TEXT NOT NULL,
    place TEXT,
    happens TEXT,
    plate_token TEXT,
    caller_token TEXT,
    urgent INTEGER NOT NULL,
    marked INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'asked', 'accepted', 'refused')),
    looked_at INTEGER NOT NULL DEFAULT 0,
    question TEXT,
    decided_at TEXT,
    decided_by TEXT,
    reason TEXT,
    report_id TEXT,
    handover BLOB
);
CREATE INDEX IF NOT EXISTS tip_by_state ON tip (state, received_at);
CREATE TABLE IF NOT EXISTS addition (
    tip_id INTEGER NOT NULL REFERENCES tip ON DELETE CASCADE,
    at TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS addition_by_tip ON addition (tip_id);
CREATE TABLE IF NOT EXISTS contact (
    tip_id INTEGER PRIMARY KEY REFERENCES tip ON DELETE CASCADE,
    sealed BLOB NOT NULL,
    delete_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS act (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    tip_id INTEGER,
    by TEXT NOT NULL,
    action TEXT NOT NULL,
    note TEXT
);
CREATE INDEX IF NOT EXISTS act_by_tip ON act (tip_id, seq);
CREATE TRIGGER IF NOT EXISTS act_is_not_changed BEFORE UPDATE ON act
    BEGIN SELECT RAISE(ABORT, 'acts are only added'); END;
CREATE TRIGGER IF NOT EXISTS act_is_not_deleted BEFORE DELETE ON act
    BEGIN SELECT RAISE(ABORT, 'acts are only added'); END;
CREATE TABLE IF NOT EXISTS desk (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('triage', 'call-taker', 'gateway')),
    token_digest TEXT NOT NULL UNIQUE,
    made_at TEXT NOT NULL
);
"""
"""`tip` holds neither code nor number nor address: of the code a digest, of a number that was given a keyed token.
`act` outlives the tips and repeats nothing of what was told."""
