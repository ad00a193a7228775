//! The tables.

use store::Migrations;

pub(super) const MIGRATIONS: Migrations =
    Migrations { owner: "rag", steps: &[FIRST, ITEMS, LIKENESSES, AREAS, QUARANTINE, OPENINGS] };

const FIRST: &[&str] = &[
    "CREATE TABLE collections (
        name TEXT PRIMARY KEY,
        settings TEXT NOT NULL,
        fields TEXT NOT NULL,
        active_index BIGINT NOT NULL,
        unsettled BIGINT NOT NULL,
        created_at BIGINT NOT NULL
    )",
    "CREATE TABLE documents (
        collection TEXT NOT NULL REFERENCES collections (name) ON DELETE CASCADE,
        id TEXT NOT NULL,
        source TEXT NOT NULL,
        root TEXT NOT NULL,
        version TEXT NOT NULL,
        access TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        title TEXT,
        language TEXT,
        format TEXT NOT NULL,
        metadata TEXT NOT NULL,
        text_bytes BIGINT NOT NULL,
        chunks BIGINT NOT NULL,
        problems BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (collection, id)
    )",
    "CREATE UNIQUE INDEX documents_by_source ON documents (collection, source)",
    "CREATE TABLE versions (
        collection TEXT NOT NULL,
        document_id TEXT NOT NULL,
        version TEXT NOT NULL,
        committed_at BIGINT NOT NULL,
        text BLOB NOT NULL,
        PRIMARY KEY (collection, document_id, version),
        FOREIGN KEY (collection, document_id) REFERENCES documents (collection, id) ON DELETE CASCADE
    )",
    "CREATE TABLE chunks (
        collection TEXT NOT NULL,
        id TEXT NOT NULL,
        document_id TEXT NOT NULL,
        ordinal BIGINT NOT NULL,
        span_start BIGINT NOT NULL,
        span_end BIGINT NOT NULL,
        heading_path TEXT NOT NULL,
        context TEXT NOT NULL,
        page BIGINT,
        tokens BIGINT NOT NULL,
        PRIMARY KEY (collection, id),
        FOREIGN KEY (collection, document_id) REFERENCES documents (collection, id) ON DELETE CASCADE
    )",
    "CREATE INDEX chunks_by_document ON chunks (collection, document_id, ordinal)",
    "CREATE TABLE problems (
        collection TEXT NOT NULL,
        document_id TEXT NOT NULL,
        ordinal BIGINT NOT NULL,
        place TEXT NOT NULL,
        what TEXT NOT NULL,
        why TEXT NOT NULL,
        content_lost BIGINT NOT NULL,
        PRIMARY KEY (collection, document_id, ordinal),
        FOREIGN KEY (collection, document_id) REFERENCES documents (collection, id) ON DELETE CASCADE
    )",
];

/// What a source had when it was listed last, so that what is as it was is not read again.
const ITEMS: &[&str] = &[
    "CREATE TABLE source_items (
        collection TEXT NOT NULL REFERENCES collections (name) ON DELETE CASCADE,
        root TEXT NOT NULL,
        item TEXT NOT NULL,
        token TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        documents TEXT NOT NULL,
        PRIMARY KEY (collection, root, item)
    )",
    "CREATE TABLE source_cursors (
        collection TEXT NOT NULL REFERENCES collections (name) ON DELETE CASCADE,
        root TEXT NOT NULL,
        position TEXT NOT NULL,
        PRIMARY KEY (collection, root)
    )",
    "CREATE TABLE source_events (
        collection TEXT NOT NULL REFERENCES collections (name) ON DELETE CASCADE,
        item TEXT NOT NULL,
        sequencer TEXT NOT NULL,
        PRIMARY KEY (collection, item)
    )",
];

/// What documents are recognised by when another one says the same.
const LIKENESSES: &[&str] = &["CREATE TABLE likenesses (
        collection TEXT NOT NULL,
        document_id TEXT NOT NULL,
        sketch BLOB NOT NULL,
        duplicate_of TEXT,
        PRIMARY KEY (collection, document_id),
        FOREIGN KEY (collection, document_id) REFERENCES documents (collection, id) ON DELETE CASCADE
    )"];

/// Where on its page a chunk stands, as JSON.
const AREAS: &[&str] = &["ALTER TABLE chunks ADD COLUMN area TEXT"];

/// Documents that wait for a person, and what people decided, by the hash of what the document was read from.
const QUARANTINE: &[&str] = &[
    "CREATE TABLE quarantine (
        collection TEXT NOT NULL REFERENCES collections (name) ON DELETE CASCADE,
        id TEXT NOT NULL,
        document_id TEXT NOT NULL,
        source TEXT NOT NULL,
        root TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        access TEXT NOT NULL,
        state TEXT NOT NULL,
        decision TEXT NOT NULL,
        score DOUBLE PRECISION NOT NULL,
        findings TEXT NOT NULL,
        document BLOB,
        held_at BIGINT NOT NULL,
        decided_at BIGINT,
        PRIMARY KEY (collection, id)
    )",
    "CREATE INDEX quarantine_by_hash ON quarantine (collection, content_hash)",
];

/// The questions that short documents begin with, as hashes.
const OPENINGS: &[&str] = &[
    "CREATE TABLE openings (
        collection TEXT NOT NULL REFERENCES collections (name) ON DELETE CASCADE,
        document_id TEXT NOT NULL,
        question TEXT NOT NULL,
        PRIMARY KEY (collection, document_id)
    )",
    "CREATE INDEX openings_by_question ON openings (collection, question)",
];
