//! The stage that embeds: groups of documents in, their vectors with them out.

use runtime::{Shutdown, Stopwatch};
use tokio::sync::mpsc::{Receiver, Sender};

use super::meter::{IngestStage, Meter};
use super::read::Prepared;
use crate::cache::TextToEmbed;
use crate::{Collection, Library, RagError};

/// How many chunks are embedded in one step.
const STEP_CHUNKS: usize = 256;

/// Documents that go through the pipeline together.
#[derive(Default)]
pub(super) struct Group {
    pub documents: Vec<Prepared>,
    /// A vector for each chunk of each document, in order; none where there is no embedder.
    pub vectors: Vec<Vec<f32>>,
    /// Chunks whose vector was there.
    pub reused: usize,
    /// Tokens that were embedded.
    pub tokens: usize,
}

impl Group {
    pub fn chunks(&self) -> usize {
        self.documents.iter().map(|prepared| prepared.chunks.len().max(1)).sum()
    }

    pub fn text_bytes(&self) -> usize {
        self.documents.iter().map(|prepared| prepared.document.text.len()).sum()
    }
}

/// The stage, and what it works with.
pub(super) struct Embedding<'a> {
    pub library: &'a Library,
    pub collection: &'a Collection,
    pub meter: &'a Meter<'a>,
    pub stop: &'a Shutdown,
}

impl Embedding<'_> {
    /// Embeds what comes until nothing does, or `stop` says so: a group is embedded whole or dropped.
    pub async fn run(&self, mut groups: Receiver<Group>, ready: Sender<Group>) -> Result<(), RagError> {
        while let Some(mut group) = groups.recv().await {
            let clock = Stopwatch::start();
            if self.stop.is_requested() || !self.embed(&mut group).await? {
                return Ok(());
            }
            self.meter.worked(IngestStage::Embed, clock);
            if ready.send(group).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Fills in a group's vectors; `false` when `stop` said so first.
    pub(super) async fn embed(&self, group: &mut Group) -> Result<bool, RagError> {
        let (Some(_), Some(embedder)) =
            (&self.collection.record.settings.embedder, &self.library.parts.embedder)
        else {
            return Ok(true);
        };
        let texts: Vec<TextToEmbed> = group
            .documents
            .iter()
            .flat_map(|prepared| prepared.texts.iter().zip(&prepared.chunks))
            .map(|(text, chunk)| TextToEmbed { text: text.clone(), tokens: chunk.tokens })
            .collect();
        for some in texts.chunks(STEP_CHUNKS) {
            let Some(embedded) = self.library.parts.cache.embed(embedder, some, self.stop).await? else {
                return Ok(false);
            };
            group.reused += embedded.reused.iter().filter(|reused| **reused).count();
            group.tokens += embedded.tokens;
            group.vectors.extend(embedded.vectors);
        }
        Ok(true)
    }
}
