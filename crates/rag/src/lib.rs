//! Sources, ingestion, retrieval and cited answers.
