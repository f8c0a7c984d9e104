"""The catalog's tables, and how an older catalog becomes one of today."""

from __future__ import annotations

CATALOG_VERSION = 2
APPLICATION_ID = 0x73777779
"""Tells whose database the file is, to us and to tools that guess file types."""

SCHEMA = """
CREATE TABLE videos (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('probed', 'perceived', 'committed', 'failed')),
    reason TEXT,                        -- why it failed, or why it has to be built again
    error TEXT,                         -- name of the error's class
    attempts INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL,
    duration REAL NOT NULL,             -- seconds
    date TEXT NOT NULL,                 -- ISO 8601, UTC: recorded, else modified
    categories TEXT NOT NULL DEFAULT '[]',
    twin_sha256 TEXT,
    twin_bytes INTEGER,
    added TEXT NOT NULL,
    changed TEXT NOT NULL,
    described TEXT,                     -- the describer that has looked at all of it
    next_sha256 TEXT,                   -- of a twin that is about to replace the committed one
    next_bytes INTEGER,
    reindex INTEGER NOT NULL DEFAULT 0  -- 1: the index still has the sentences of an earlier twin
) STRICT;
CREATE TABLE files (
    path TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    video TEXT REFERENCES videos (id),
    reason TEXT,                        -- why it could not be probed
    error TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    changed TEXT NOT NULL
) STRICT;
CREATE INDEX files_by_video ON files (video);
"""

UPGRADE = {
    1: (
        "ALTER TABLE videos ADD COLUMN described TEXT",
        "ALTER TABLE videos ADD COLUMN next_sha256 TEXT",
        "ALTER TABLE videos ADD COLUMN next_bytes INTEGER",
        "ALTER TABLE videos ADD COLUMN reindex INTEGER NOT NULL DEFAULT 0",
    )
}
"""Version → statements that make the next one of it. A reader does without the columns that it finds missing."""

FILE = """
SELECT f.path, f.bytes, f.mtime_ns, f.video, f.attempts + coalesce(v.attempts, 0) AS attempts,
       coalesce(v.state, iif(f.error IS NULL, 'queued', 'failed')) AS state,
       coalesce(f.reason, v.reason) AS reason, coalesce(f.error, v.error) AS error
FROM files f LEFT JOIN videos v ON v.id = f.video
"""
"""A file with the state of its video, a row a file."""
