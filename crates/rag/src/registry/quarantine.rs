//! Documents that are held back until a person decides, and what was decided.

use access::AccessList;
use document::{Document, Span};
use serde::{Deserialize, Serialize};
use store::StoreError;
use store::sqlx::{self, Row, any::AnyRow};

use super::Registry;
use super::documents::{access_from, damaged};
use crate::{CollectionName, RagError, ids};

/// How it stands with a document that was held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldState {
    /// It waits.
    Held,
    /// Somebody let it in; the same bytes pass from now on.
    Released,
    /// Somebody kept it out; the same bytes stay out from now on.
    Rejected,
}

/// Why a document is held back: one thing that was found in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// What found it.
    pub detector: String,
    /// What kind of thing it is.
    pub category: String,
    /// Where it is in the stored text.
    pub span: Span,
    /// The view it was found in.
    pub view: String,
    /// How sure the detector is, 0 to 1.
    pub score: f32,
    /// Why.
    pub explanation: String,
}

/// A document that was held back.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldRecord {
    /// Names it in its collection's quarantine: a hash of the document's id and of what it was read from.
    pub id: String,
    /// The document that it would be.
    pub document_id: String,
    /// The document's source.
    pub source: String,
    /// The source root that owns it.
    pub root: String,
    /// The hash of the bytes that it was read from.
    pub content_hash: String,
    /// The pipeline that read them.
    pub fingerprint: String,
    /// Who would read it.
    pub access: AccessList,
    /// How it stands.
    pub state: HeldState,
    /// What the policy called for: `quarantine` or `block`.
    pub decision: String,
    /// The probability that it is an attack.
    pub score: f32,
    /// What was found.
    pub reasons: Vec<Reason>,
    /// When it was held back: microseconds since 1970.
    pub held_at: i64,
    /// When somebody decided.
    pub decided_at: Option<i64>,
}

impl HeldState {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Released => "released",
            Self::Rejected => "rejected",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Held, Self::Released, Self::Rejected].into_iter().find(|state| state.name() == name)
    }
}

impl HeldRecord {
    /// The id of what a document was when it was read from these bytes.
    pub(crate) fn id_of(document_id: &str, content_hash: &str) -> String {
        ids::hex(&ids::name_key(&format!("{document_id} {content_hash}")))
    }
}

const COLUMNS: &str = "id, document_id, source, root, content_hash, fingerprint, access, state, decision, score, \
                       findings, held_at, decided_at";

impl Registry {
    /// What is and was held back in a collection, the newest first; with `waiting`, what waits alone.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be read.
    pub async fn quarantine(
        &self,
        collection: &CollectionName,
        waiting: bool,
    ) -> Result<Vec<HeldRecord>, RagError> {
        let only = if waiting { "AND state = 'held' " } else { "" };
        let statement =
            format!("SELECT {COLUMNS} FROM quarantine WHERE collection = $1 {only}ORDER BY held_at DESC, id");
        let rows = self.rows(collection, statement, &[]).await?;
        rows.iter().map(|row| held_from(collection, row)).collect()
    }

    /// What is or was held back under an id, or of a document's id or source: what waits first, then the newest.
    ///
    /// # Errors
    ///
    /// [`RagError::UnknownHeld`], or what the registry says.
    pub async fn held(&self, collection: &CollectionName, wanted: &str) -> Result<HeldRecord, RagError> {
        let statement = format!(
            "SELECT {COLUMNS} FROM quarantine WHERE collection = $1 AND (id = $2 OR document_id = $3 OR \
             source = $4) ORDER BY CASE WHEN state = 'held' THEN 0 ELSE 1 END, held_at DESC LIMIT 1"
        );
        let texts = [wanted.to_owned(), wanted.to_owned(), wanted.to_owned()];
        let rows = self.rows(collection, statement, &texts).await?;
        let unknown = || RagError::UnknownHeld { collection: collection.to_string(), id: wanted.to_owned() };
        held_from(collection, rows.first().ok_or_else(unknown)?)
    }

    /// The document that is held back; `None` when somebody has decided on it.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be read.
    pub async fn held_document(
        &self,
        collection: &CollectionName,
        id: &str,
    ) -> Result<Option<Document>, RagError> {
        let statement = "SELECT document FROM quarantine WHERE collection = $1 AND id = $2".to_owned();
        let rows = self.rows(collection, statement, &[id.to_owned()]).await?;
        let Some(bytes) = rows.first().and_then(|row| row.get::<Option<Vec<u8>>, _>(0)) else {
            return Ok(None);
        };
        let read = serde_json::from_slice(&bytes);
        read.map(Some).map_err(|error| damaged(collection, format!("a held document: {error}")))
    }

    /// What was decided on these bytes, for whichever document; what was let in counts before what was kept out.
    pub(crate) async fn decided(
        &self,
        collection: &CollectionName,
        content_hash: &str,
    ) -> Result<Option<HeldState>, RagError> {
        let statement = "SELECT state FROM quarantine WHERE collection = $1 AND content_hash = $2 AND \
                         state <> 'held' ORDER BY state LIMIT 1"
            .to_owned();
        let rows = self.rows(collection, statement, &[content_hash.to_owned()]).await?;
        Ok(rows.first().and_then(|row| HeldState::from_name(row.get(0))))
    }

    /// Holds a document back. What waited of the same document before gives way to it.
    pub(crate) async fn hold(
        &self,
        collection: &CollectionName,
        held: &HeldRecord,
        document: &Document,
    ) -> Result<(), RagError> {
        let json = |error: serde_json::Error| damaged(collection, error.to_string());
        let body = serde_json::to_vec(document).map_err(json)?;
        let mut transaction = self.database.begin().await?;
        sqlx::query(
            "DELETE FROM quarantine WHERE collection = $1 AND document_id = $2 AND id <> $3 AND state = 'held'",
        )
        .bind(collection.as_str())
        .bind(&held.document_id)
        .bind(&held.id)
        .execute(transaction.connection())
        .await
        .map_err(StoreError::query("replace what was held back"))?;
        sqlx::query(
            "INSERT INTO quarantine (collection, id, document_id, source, root, content_hash, fingerprint, \
             access, state, decision, score, findings, document, held_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'held', $9, $10, $11, $12, $13) \
             ON CONFLICT (collection, id) DO UPDATE SET fingerprint = excluded.fingerprint, \
             access = excluded.access, state = 'held', decision = excluded.decision, score = excluded.score, \
             findings = excluded.findings, document = excluded.document, decided_at = NULL",
        )
        .bind(collection.as_str())
        .bind(&held.id)
        .bind(&held.document_id)
        .bind(&held.source)
        .bind(&held.root)
        .bind(&held.content_hash)
        .bind(&held.fingerprint)
        .bind(serde_json::to_string(&held.access).map_err(json)?)
        .bind(&held.decision)
        .bind(f64::from(held.score))
        .bind(serde_json::to_string(&held.reasons).map_err(json)?)
        .bind(body)
        .bind(held.held_at)
        .execute(transaction.connection())
        .await
        .map_err(StoreError::query("hold a document back"))?;
        Ok(transaction.commit().await?)
    }

    /// Writes down what was decided; the document's text goes, its hash stays.
    pub(crate) async fn decide(
        &self,
        collection: &CollectionName,
        id: &str,
        (state, at): (HeldState, i64),
    ) -> Result<(), RagError> {
        sqlx::query(
            "UPDATE quarantine SET state = $3, decided_at = $4, document = NULL WHERE collection = $1 AND id = $2",
        )
        .bind(collection.as_str())
        .bind(id)
        .bind(state.name())
        .bind(at)
        .execute(self.database.pool())
        .await
        .map_err(StoreError::query("decide on a held document"))?;
        Ok(())
    }
}

fn held_from(collection: &CollectionName, row: &AnyRow) -> Result<HeldRecord, RagError> {
    let (state, reasons): (String, String) = (row.get(7), row.get(10));
    let state =
        HeldState::from_name(&state).ok_or_else(|| damaged(collection, format!("state `{state}`")))?;
    let reasons = serde_json::from_str(&reasons)
        .map_err(|error| damaged(collection, format!("reasons for holding back: {error}")))?;
    #[expect(clippy::cast_possible_truncation, reason = "a score is told to two digits")]
    let score = row.get::<f64, _>(9) as f32;
    Ok(HeldRecord {
        id: row.get(0),
        document_id: row.get(1),
        source: row.get(2),
        root: row.get(3),
        content_hash: row.get(4),
        fingerprint: row.get(5),
        access: access_from(collection, row, 6)?,
        state,
        decision: row.get(8),
        score,
        reasons,
        held_at: row.get(11),
        decided_at: row.get(12),
    })
}
