//! Measures the embedded index on synthetic chunks: writing, flushing, ordering, opening, and a hybrid search
//! as retrieval does it, both legs and then the exact scores that one of them lacks.
//!
//! `cargo run --release -p patou-index --example hybrid_search -- [CHUNKS]`; see `benches/hybrid_search`.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints, and stops when it cannot go on"
)]
#![expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "figures to be printed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use access::{AccessList, PrivateText, Reader};
use patou_index::{
    EmbeddedIndex, Field, FieldKind, Filter, IndexSpec, Payload, Point, PointId, Scope, ScoreRequest,
    SearchIndex, SearchRequest, Value,
};
use runtime::Stopwatch;

const DIMENSION: usize = 384;
const TOPICS: u64 = 2_000;
const FACTORS: usize = 32;
const VOCABULARY: usize = 60_000;
const WORDS_PER_CHUNK: usize = 100;
const QUERIES: u64 = 1_000;
const QUERIES_RECALL: u64 = 100;
const LIMIT: usize = 100;
const BATCH: u64 = 1_000;

/// Numbers that look random and are the same on every machine (PCG-XSH-RR).
struct Numbers(u64);

impl Numbers {
    fn of(stream: u64, place: u64) -> Self {
        let mut numbers =
            Self(stream.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ place.wrapping_mul(0xbf58_476d_1ce4_e5b9));
        numbers.next();
        numbers.next();
        numbers
    }

    fn next(&mut self) -> u32 {
        let old = self.0;
        self.0 = old.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((((old >> 18) ^ old) >> 27) as u32).rotate_right((old >> 59) as u32)
    }

    /// In 0…1.
    fn unit(&mut self) -> f64 {
        f64::from(self.next()) / f64::from(u32::MAX)
    }

    /// About normal, around 0.
    fn normal(&mut self) -> f32 {
        ((0..4).map(|_| self.unit()).sum::<f64>() - 2.0) as f32
    }

    /// A word's rank by Zipf's law.
    fn word(&mut self) -> usize {
        ((VOCABULARY as f64).powf(self.unit()) as usize).min(VOCABULARY - 1)
    }
}

/// The basis in which chunks differ. Embeddings of texts, however many numbers they have, spread over some
/// tens of directions.
fn basis() -> Vec<f32> {
    let mut numbers = Numbers::of(4, 0);
    (0..FACTORS * DIMENSION).map(|_| numbers.normal()).collect()
}

/// Chunks gather around topics and spread along the basis, with some noise of their own.
fn vector(basis: &[f32], stream: u64, place: u64) -> Vec<f32> {
    let mut own = Numbers::of(stream, place);
    let mut topic = Numbers::of(3, u64::from(own.next()) % TOPICS);
    let factors: Vec<f32> = (0..FACTORS).map(|_| topic.normal() + own.normal()).collect();
    (0..DIMENSION)
        .map(|at| {
            let along: f32 =
                factors.iter().zip(basis.chunks(DIMENSION)).map(|(factor, row)| factor * row[at]).sum();
            along + own.normal()
        })
        .collect()
}

fn text(stream: u64, place: u64, words: usize) -> String {
    let mut numbers = Numbers::of(stream, place);
    (0..words).map(|_| format!("w{} ", numbers.word())).collect()
}

fn id(place: u64) -> PointId {
    let mut numbers = Numbers::of(9, place);
    let mut bytes = [0; 16];
    bytes.chunks_mut(4).for_each(|part| part.copy_from_slice(&numbers.next().to_be_bytes()));
    PointId(bytes)
}

fn point(basis: &[f32], place: u64) -> Point {
    let lang = ["en", "de", "fr", "it"][place as usize % 4];
    let payload = BTreeMap::from([
        ("lang".to_owned(), Value::Str(lang.to_owned())),
        ("source".to_owned(), Value::Str(format!("guide/{}.md", place / 20))),
        ("date".to_owned(), Value::Date(format!("20{:02}-{:02}-01", place % 26, place % 12 + 1))),
        ("part".to_owned(), Value::Int((place % 100) as i64)),
    ]);
    Point {
        id: id(place),
        vector: Some(vector(basis, 1, place)),
        lexical_text: text(2, place, WORDS_PER_CHUNK),
        access: if place.is_multiple_of(10) {
            AccessList::from_principals(["group:ml".parse().unwrap()])
        } else {
            AccessList::Public
        },
        payload: Payload(payload),
    }
}

fn spec() -> IndexSpec {
    let fields = [
        ("lang", FieldKind::Keyword),
        ("source", FieldKind::Keyword),
        ("date", FieldKind::Date),
        ("part", FieldKind::Integer),
    ];
    let fields = fields.map(|(name, kind)| Field { name: name.into(), kind }).to_vec();
    IndexSpec { dimension: Some(DIMENSION), fields }
}

fn percentile(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

fn scope(reader: Reader, filter: Option<&str>) -> Scope {
    Scope { reader, filter: filter.map(|text| Filter::parse(text, &spec().fields).unwrap()) }
}

fn request(basis: &[f32], scope: &Scope, query: u64) -> SearchRequest {
    SearchRequest {
        scope: scope.clone(),
        dense: Some(vector(basis, 5, query)),
        lexical: Some(PrivateText::new(text(6, query, 8))),
        limit: LIMIT,
    }
}

/// Milliseconds of one hybrid search, and of its second call.
async fn hybrid(index: &EmbeddedIndex, request: &SearchRequest) -> (f64, f64) {
    let clock = Stopwatch::start();
    let legs = index.search(request).await.unwrap();
    let dense: BTreeSet<_> = legs.dense.iter().map(|point| point.id).collect();
    let lexical: BTreeSet<_> = legs.lexical.iter().map(|point| point.id).collect();
    let ids = dense.symmetric_difference(&lexical).copied().collect();
    let second = Stopwatch::start();
    let SearchRequest { scope, dense, lexical, .. } = request.clone();
    index.score(&ScoreRequest { scope, dense, lexical, ids }).await.unwrap();
    (clock.elapsed_ms(), second.elapsed_ms())
}

async fn measure(index: &EmbeddedIndex, name: &str, scope: &Scope) {
    let basis = basis();
    for query in 0..50 {
        hybrid(index, &request(&basis, scope, QUERIES + query)).await;
    }
    let mut totals = Vec::new();
    let mut seconds = Vec::new();
    for query in 0..QUERIES {
        let (total, second) = hybrid(index, &request(&basis, scope, query)).await;
        totals.push(total);
        seconds.push(second);
    }
    totals.sort_by(f64::total_cmp);
    seconds.sort_by(f64::total_cmp);
    let in_scope = index.count(scope).await.unwrap();
    println!(
        "{name:<38} {in_scope:>7} in scope   p50 {:>6.2}   p95 {:>6.2}   p99 {:>6.2} ms   (of it exact scores p95 {:.2})",
        percentile(&totals, 0.5),
        percentile(&totals, 0.95),
        percentile(&totals, 0.99),
        percentile(&seconds, 0.95),
    );
}

/// The share of the true first hundred that the dense leg finds.
async fn recall(index: &EmbeddedIndex, scope: &Scope, chunks: u64) -> f64 {
    let basis = basis();
    let ids: Vec<_> = (0..chunks).map(id).collect();
    let (mut shared, mut wanted) = (0, 0);
    for query in 0..QUERIES_RECALL {
        let request = SearchRequest { lexical: None, ..request(&basis, scope, query) };
        let found: BTreeSet<_> =
            index.search(&request).await.unwrap().dense.iter().map(|point| point.id).collect();
        let all =
            ScoreRequest { scope: scope.clone(), dense: request.dense, lexical: None, ids: ids.clone() };
        let mut exact: Vec<_> = index.score(&all).await.unwrap().dense.into_iter().collect();
        exact.sort_by(|a, b| b.1.total_cmp(&a.1));
        exact.truncate(LIMIT);
        wanted += exact.len();
        shared += exact.iter().filter(|(id, _)| found.contains(id)).count();
    }
    shared as f64 / wanted as f64
}

async fn write(index: &EmbeddedIndex, chunks: u64) {
    let basis = basis();
    let clock = Stopwatch::start();
    let mut flush_ms = 0.0;
    let mut flushes = 0;
    for start in (0..chunks).step_by(BATCH as usize) {
        index
            .upsert((start..chunks.min(start + BATCH)).map(|place| point(&basis, place)).collect())
            .await
            .unwrap();
        let flush = Stopwatch::start();
        index.flush().await.unwrap();
        flush_ms += flush.elapsed_ms();
        flushes += 1;
    }
    let seconds = clock.elapsed_ms() / 1e3;
    println!(
        "{chunks} chunks written in {seconds:.1} s, of it {flushes} flushes of {:.1} ms",
        flush_ms / f64::from(flushes)
    );
    let clock = Stopwatch::start();
    index.optimize().await.unwrap();
    println!("put in order in {:.1} s", clock.elapsed_ms() / 1e3);
}

fn open(home: &Path) -> EmbeddedIndex {
    let clock = Stopwatch::start();
    let index = EmbeddedIndex::open(home, &spec()).unwrap();
    println!("opened in {:.0} ms", clock.elapsed_ms());
    index
}

#[tokio::main]
async fn main() {
    let chunks: u64 = std::env::args().nth(1).map_or(100_000, |count| count.parse().unwrap());
    let home = tempfile::tempdir().unwrap();
    let index = open(home.path());
    write(&index, chunks).await;
    drop(index);
    let index = open(home.path());
    let ml = Reader::Principals(["group:ml".parse().unwrap()].into());
    let scopes = [
        ("operator", scope(Reader::Operator, None)),
        ("anonymous", scope(Reader::Anonymous, None)),
        ("one principal", scope(ml, None)),
        ("operator, lang = \"en\"", scope(Reader::Operator, Some("lang = \"en\""))),
        (
            "operator, part < 5 and lang in (2)",
            scope(Reader::Operator, Some("part < 5 and lang in ('en', 'de')")),
        ),
        ("operator, date >= 2010-01-01", scope(Reader::Operator, Some("date >= 2010-01-01"))),
    ];
    for (name, scope) in &scopes {
        measure(&index, name, scope).await;
    }
    for (name, scope) in &scopes {
        println!("{name:<38} recall of the dense leg at {LIMIT}: {:.4}", recall(&index, scope, chunks).await);
    }
    let one = point(&basis(), chunks + 1);
    let clock = Stopwatch::start();
    index.upsert(vec![one]).await.unwrap();
    let upsert = clock.elapsed_ms();
    index.flush().await.unwrap();
    println!("one chunk more: written in {upsert:.1} ms, flushed in {:.1} ms", clock.elapsed_ms() - upsert);
}
