//! The engine's settings: when vectors are compared one by one, when through a graph, what is merged.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use qdrant_edge::external::ordered_float::OrderedFloat;
use qdrant_edge::{
    AcornSearchParams, Distance, EdgeConfig, EdgeOptimizersConfig, EdgeSparseVectorParams, EdgeVectorParams,
    HnswIndexConfig, Modifier, PointStructPersisted, SearchParams, VectorPersisted, VectorStructPersisted,
    WalOptions,
};

use crate::IndexSpec;

/// The dense vector's name.
pub(super) const DENSE: &str = "dense";
/// The sparse vector's name.
pub(super) const LEXICAL: &str = "bm25";
/// Up to so many points the dense leg compares them all, be they the whole index or what a filter leaves of
/// it; above, a graph is built and searched. Measured; see `benches/hybrid_search/README.md`.
pub(super) const EXACT_POINTS_MAX: usize = 30_000;
/// The graph's links by point.
const GRAPH_LINKS: usize = 16;
/// How many candidates the graph is searched with.
const GRAPH_BREADTH: usize = 160;
/// Where a filter leaves at most this share of the points, the graph is searched over two links at a time, or
/// it falls apart.
const ACORN_SHARE_MAX: f64 = 0.5;
/// How many segments there are at most while points are written: each is flushed every time and asked by
/// every search, and the fewer they are the more often points are copied.
const SEGMENTS_MAX: usize = 12;
/// About so many points a segment has at most, however many the index has: what building one takes of memory stays
/// the same, and the time that all of them take is in proportion to their number.
const SEGMENT_POINTS_MAX: usize = 1 << 18;
/// What a point is taken to have of bytes, at least, where segments are measured by them.
const POINT_BYTES_MIN: usize = 1 << 10;
/// What a word of a loose point takes in the lexical index.
const POSTING_BYTES: usize = 12;
/// The engine sets two files of this size aside for its log.
const LOG_SEGMENT_BYTES: usize = 2 << 20;

/// The engine's settings, with so many links by point in the graph. Vectors are brought to length 1 before they get here, so that their dot product
/// is cosine and the engine never touches a bit of them.
pub(super) fn config(spec: &IndexSpec, links: usize) -> EdgeConfig {
    let point_bytes = spec.dimension.unwrap_or(256) * size_of::<f32>();
    let dense = spec.dimension.map(|dimension| {
        let params = EdgeVectorParams {
            size: dimension,
            distance: Distance::Dot,
            on_disk: Some(true),
            multivector_config: None,
            datatype: None,
            quantization_config: None,
            hnsw_config: None,
        };
        (DENSE.to_owned(), params)
    });
    let lexical = EdgeSparseVectorParams {
        modifier: Some(Modifier::Idf),
        on_disk: Some(true),
        ..EdgeSparseVectorParams::default()
    };
    EdgeConfig {
        on_disk_payload: true,
        vectors: dense.into_iter().collect(),
        sparse_vectors: HashMap::from([(LEXICAL.to_owned(), lexical)]),
        // No graph until `Engine::finish` has made one, and none for each payload value ever: they take
        // longer to build than everything else together, and what a filter leaves is compared in full or
        // found in the one.
        hnsw_config: HnswIndexConfig {
            m: links,
            payload_m: Some(0),
            full_scan_threshold: EXACT_POINTS_MAX * point_bytes / 1024 + 1,
            ..HnswIndexConfig::default()
        },
        quantization_config: None,
        optimizers: optimizers(SEGMENTS_MAX, segment_kib(point_bytes)),
        wal_options: Some(WalOptions {
            segment_capacity: LOG_SEGMENT_BYTES,
            segment_queue_len: 0,
            retain_closed: NonZeroUsize::MIN,
        }),
    }
}

/// The settings of [`config`] changed for the last step: as few segments as may be, one where all points are compared
/// anyway, and with graphs if there are many points.
pub(super) fn finished(settings: &EdgeConfig, points: usize) -> (HnswIndexConfig, EdgeOptimizersConfig) {
    let many = points > EXACT_POINTS_MAX;
    let links = if many { GRAPH_LINKS } else { 0 };
    let optimizers = if many { optimizers(1, segment_kib(point_bytes(settings))) } else { whole() };
    (HnswIndexConfig { m: links, ..settings.hnsw_config }, optimizers)
}

/// Everything in one segment.
pub(super) fn whole() -> EdgeOptimizersConfig {
    optimizers(1, usize::MAX / 2048)
}

/// The settings that hold while points are written, of which there are so many. Segments are made compact that have
/// three quarters of so many bytes of vectors: what is written beside that has fewer.
pub(super) fn writing(settings: &EdgeConfig, points: usize, loose_bytes: usize) -> EdgeOptimizersConfig {
    EdgeOptimizersConfig {
        indexing_threshold: Some((loose_bytes / 1024 * 3 / 4).max(1)),
        ..optimizers(SEGMENTS_MAX + points / SEGMENT_POINTS_MAX, segment_kib(point_bytes(settings)))
    }
}

/// What a point counts where the engine compares segments: the larger of its vectors, as it is kept while it is
/// loose.
pub(super) fn vector_bytes(point: &PointStructPersisted) -> usize {
    let VectorStructPersisted::Named(vectors) = &point.vector else { return 0 };
    let bytes = |vector: &VectorPersisted| match vector {
        VectorPersisted::Dense(numbers) => numbers.len() * size_of::<f32>(),
        VectorPersisted::Sparse(words) => words.indices.len() * POSTING_BYTES,
        VectorPersisted::MultiDense(_) => 0,
    };
    vectors.values().map(bytes).max().unwrap_or(0)
}

fn point_bytes(settings: &EdgeConfig) -> usize {
    settings.vectors.get(DENSE).map_or(0, |dense| dense.size * size_of::<f32>())
}

fn segment_kib(point_bytes: usize) -> usize {
    SEGMENT_POINTS_MAX * point_bytes.max(POINT_BYTES_MIN) / 1024
}

/// How a leg is searched.
pub(super) fn search(limit: usize, exact: bool) -> SearchParams {
    let acorn = AcornSearchParams { enable: true, max_selectivity: Some(OrderedFloat(ACORN_SHARE_MAX)) };
    SearchParams {
        hnsw_ef: Some(GRAPH_BREADTH.max(limit)),
        exact,
        acorn: Some(acorn),
        ..SearchParams::default()
    }
}

/// Every segment is worth compacting; more than so many are worth merging, into segments of so much.
fn optimizers(segments: usize, segment_kib: usize) -> EdgeOptimizersConfig {
    EdgeOptimizersConfig {
        default_segment_number: Some(segments),
        max_segment_size: Some(segment_kib),
        indexing_threshold: Some(1),
        ..EdgeOptimizersConfig::default()
    }
}
