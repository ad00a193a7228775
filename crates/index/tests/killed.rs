//! A process that writes is killed at random moments; the index is opened again and must hold whole points
//! only, everything that was flushed and is not being changed, and, once repaired, exactly what an index
//! built without any accident holds.

#![expect(clippy::unwrap_used, reason = "a test")]
#![expect(clippy::disallowed_methods, reason = "the test starts itself as the process to be killed")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use access::{AccessList, PrivateText, Reader};
use patou_index::{
    EmbeddedIndex, Field, FieldKind, Filter, IndexSpec, Payload, Point, PointId, Scope, ScoreRequest,
    SearchIndex, SearchRequest, Value,
};

const KILLS: u64 = 8;
const DIMENSION: usize = 32;
const POINTS: u64 = 120;
/// So few that the segments are merged many times over.
const LOOSE_POINTS: u64 = 50;
const CHILD_HOME: &str = "PATOU_INDEX_KILLED_HOME";
const CHILD_SEED: &str = "PATOU_INDEX_KILLED_SEED";
const LANGS: [&str; 3] = ["en", "de", "fr"];

/// What the child does, one line of its output before each.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Upsert { first: u64, count: u64, version: u64 },
    Delete { first: u64, count: u64 },
    SetAccess { first: u64, count: u64, public: bool },
    AddField(u64),
    Flush,
    Optimize,
}

/// A random walk that both processes know: steps are a function of the seed.
fn step(seed: u64, place: u64) -> Step {
    let draw = mixed(seed, place);
    let first = (draw >> 8) % POINTS;
    let count = 1 + (draw >> 24) % 30;
    match draw % 16 {
        0..=6 => Step::Upsert { first, count, version: place },
        7 | 8 => Step::Delete { first, count: count / 2 + 1 },
        9 => Step::SetAccess { first, count, public: draw >> 40 & 1 == 0 },
        10 => Step::AddField(place),
        11..=14 => Step::Flush,
        _ => Step::Optimize,
    }
}

fn mixed(seed: u64, place: u64) -> u64 {
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ place.wrapping_mul(0xd6e8_feb8_6659_fd93);
    for _ in 0..3 {
        x = (x ^ (x >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    }
    x ^ (x >> 32)
}

/// What a point is at a version. All of its parts tell the version.
#[derive(Clone, Debug, PartialEq)]
struct State {
    version: u64,
    public: bool,
}

type States = BTreeMap<u64, State>;

fn range(first: u64, count: u64) -> impl Iterator<Item = u64> {
    (first..first + count).map(|number| number % POINTS)
}

fn touched(step: &Step) -> Vec<u64> {
    match step {
        Step::Upsert { first, count, .. }
        | Step::Delete { first, count }
        | Step::SetAccess { first, count, .. } => range(*first, *count).collect(),
        Step::AddField(_) | Step::Flush | Step::Optimize => Vec::new(),
    }
}

fn applied(states: &mut States, step: &Step) {
    for number in touched(step) {
        match step {
            Step::Upsert { version, .. } => {
                states.insert(number, State { version: *version, public: true });
            }
            Step::Delete { .. } => {
                states.remove(&number);
            }
            Step::SetAccess { public, .. } => {
                states.entry(number).and_modify(|state| state.public = *public);
            }
            _ => {}
        }
    }
}

fn id(number: u64) -> PointId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&mixed(7, number).to_be_bytes());
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    PointId(bytes)
}

fn vector(number: u64, version: u64) -> Vec<f32> {
    (0..DIMENSION as u64)
        .map(|at| (mixed(number * 1000 + version, at) % 2001) as f32 / 1000.0 - 1.0)
        .collect()
}

fn access(public: bool) -> AccessList {
    if public { AccessList::Public } else { AccessList::from_principals(["user:ada".parse().unwrap()]) }
}

fn point(number: u64, state: &State) -> Point {
    let words: Vec<String> =
        (0..30).map(|at| format!("w{}", mixed(number + state.version, at) % 50)).collect();
    let payload = BTreeMap::from([
        ("version".to_owned(), Value::Int(state.version as i64)),
        ("lang".to_owned(), Value::Str(LANGS[(number % 3) as usize].to_owned())),
    ]);
    Point {
        id: id(number),
        vector: Some(vector(number, state.version)),
        lexical_text: format!("v{} every {}", state.version, words.join(" ")),
        access: access(state.public),
        payload: Payload(payload),
    }
}

fn spec() -> IndexSpec {
    let fields = [("version", FieldKind::Integer), ("lang", FieldKind::Keyword)];
    let fields = fields.map(|(name, kind)| Field { name: name.into(), kind }).to_vec();
    IndexSpec { dimension: Some(DIMENSION), fields }
}

async fn apply(index: &EmbeddedIndex, step: &Step) {
    let ids: Vec<_> = touched(step).into_iter().map(id).collect();
    match step {
        Step::Upsert { version, .. } => {
            let state = State { version: *version, public: true };
            index.upsert(touched(step).into_iter().map(|number| point(number, &state)).collect()).await
        }
        Step::Delete { .. } => index.delete(&ids).await,
        Step::SetAccess { public, .. } => index.set_access(&ids, &access(*public)).await,
        Step::AddField(place) => {
            index
                .add_fields(&[Field { name: format!("extra_{}", place % 4), kind: FieldKind::Keyword }])
                .await
        }
        Step::Flush => index.flush().await,
        Step::Optimize => index.optimize().await,
    }
    .unwrap();
}

/// The process to be killed; does nothing when the tests are run.
#[tokio::test]
async fn child() {
    let (Ok(home), Ok(seed)) = (std::env::var(CHILD_HOME), std::env::var(CHILD_SEED)) else { return };
    let seed = seed.parse().unwrap();
    println!("begins");
    let index = EmbeddedIndex::open_compacting(Path::new(&home), &spec(), LOOSE_POINTS).unwrap();
    for place in 0.. {
        println!("step {place}");
        apply(&index, &step(seed, place)).await;
    }
}

/// Lets the child run and kills it while it is at a random step; gives the number of that step, or `None` if
/// it was opening.
fn killed_at(home: &Path, seed: u64, lines: u64) -> Option<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture"])
        .env(CHILD_HOME, home)
        .env(CHILD_SEED, seed.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut seen = 0;
    let mut last = None;
    let mut reached = |line: &str| {
        seen += u64::from(line.starts_with("step ") || line.starts_with("begins"));
        last = line.strip_prefix("step ").map(|place| place.parse().unwrap()).or(last);
        seen > lines
    };
    while !reached(&output.next().unwrap()) {}
    // How far into the step the kill falls is left to chance, and to this.
    let spin = (0..mixed(seed, lines) % 3_000_000).fold(0u64, |sum, x| sum ^ x.wrapping_mul(sum | 1));
    assert_ne!(spin, 1);
    child.kill().unwrap();
    child.wait().unwrap();
    output.for_each(|line| {
        reached(&line);
    });
    last
}

fn operator(filter: Option<&str>) -> Scope {
    let filter = filter.map(|text| Filter::parse(text, &spec().fields).unwrap());
    Scope { reader: Reader::Operator, filter }
}

/// Every point of the index with its state, having checked that all its parts say the same.
async fn read_whole(index: &EmbeddedIndex, versions: u64) -> States {
    let numbers: BTreeMap<PointId, u64> = (0..POINTS).map(|number| (id(number), number)).collect();
    let held = index.point_ids().await.unwrap();
    let vectors = index.vectors(&held.iter().copied().collect::<Vec<_>>()).await.unwrap();
    assert_eq!(vectors.len(), held.len(), "every point has its vector");
    let anonymous = Scope { reader: Reader::Anonymous, filter: None };
    let ask = |scope: Scope, text: &str| SearchRequest {
        scope,
        dense: None,
        lexical: Some(PrivateText::new(text)),
        limit: POINTS as usize,
    };
    let public: BTreeSet<_> =
        index.search(&ask(anonymous, "every")).await.unwrap().lexical.iter().map(|found| found.id).collect();
    let mut states = States::new();
    for version in 0..=versions {
        let scope = operator(Some(&format!("version = {version}")));
        let found = index.search(&ask(scope.clone(), &format!("v{version}"))).await.unwrap().lexical;
        assert_eq!(index.count(&scope).await.unwrap(), found.len(), "words and payload of version {version}");
        for found in found {
            let number = numbers[&found.id];
            let cosine: f32 = {
                let wanted = vector(number, version);
                let length = wanted.iter().map(|x| x * x).sum::<f32>().sqrt();
                wanted.iter().zip(&vectors[&found.id]).map(|(x, y)| x * y / length).sum()
            };
            assert!(cosine > 0.9999, "vector of {number} at version {version}: {cosine}");
            let state = State { version, public: public.contains(&found.id) };
            assert_eq!(states.insert(number, state), None, "{number} has one version");
        }
    }
    assert_eq!(states.len(), held.len(), "every point has words and payload");
    assert_eq!(index.count(&operator(None)).await.unwrap(), held.len());
    for (lang, count) in index.facet(&operator(None), "lang", 9).await.unwrap() {
        let place = LANGS.iter().position(|known| *known == lang).unwrap() as u64;
        assert_eq!(count, states.keys().filter(|number| *number % 3 == place).count());
    }
    states
}

/// Brings the index to the wanted states the way a registry would: what is extra goes, what lacks comes.
async fn repair(index: &EmbeddedIndex, found: &States, wanted: &States) {
    let extra: Vec<_> =
        found.keys().filter(|number| found.get(number) != wanted.get(number)).map(|n| id(*n)).collect();
    index.delete(&extra).await.unwrap();
    let lacking = wanted.iter().filter(|(number, state)| found.get(number) != Some(state));
    index.upsert(lacking.map(|(number, state)| point(*number, state)).collect()).await.unwrap();
    index.optimize().await.unwrap();
}

/// Everything that searches say, to the bit.
async fn answers(index: &EmbeddedIndex) -> Vec<String> {
    let mut answers = Vec::new();
    for question in 0..20 {
        let text: Vec<String> = (0..6).map(|at| format!("w{}", mixed(99 + question, at) % 50)).collect();
        let filter = (question % 3 == 0).then_some("lang != 'fr'");
        let request = SearchRequest {
            scope: operator(filter),
            dense: Some(vector(question, 5)),
            lexical: Some(PrivateText::new(text.join(" "))),
            limit: 20,
        };
        let legs = index.search(&request).await.unwrap();
        let SearchRequest { scope, dense, lexical, .. } = request;
        let ids = (0..POINTS).map(id).collect();
        let scores = index.score(&ScoreRequest { scope, dense, lexical, ids }).await.unwrap();
        let sorted: BTreeMap<_, _> = scores.lexical.into_iter().collect();
        answers.push(format!("{legs:?} {sorted:?}"));
    }
    answers
}

#[tokio::test]
async fn a_killed_writer_leaves_whole_points() {
    let mut kills: u64 = 0;
    for seed in 0..KILLS {
        let home = tempfile::tempdir().unwrap();
        let at = killed_at(home.path(), seed, mixed(seed, 1) % 60);
        kills += u64::from(at.is_some());
        // The step it was at may be done, undone or half done; the ones before are done, and durable
        // up to the last flush.
        let mut durable = States::new();
        let mut last = States::new();
        let mut in_flight = BTreeSet::new();
        for place in 0..at.map_or(0, |at| at + 1) {
            let step = step(seed, place);
            let is_last = Some(place) == at;
            in_flight.extend(touched(&step));
            if matches!(step, Step::Flush | Step::Optimize | Step::AddField(_)) && !is_last {
                if !matches!(step, Step::AddField(_)) {
                    durable = last.clone();
                    in_flight.clear();
                }
                continue;
            }
            applied(&mut last, &step);
        }

        let index = EmbeddedIndex::open_compacting(home.path(), &spec(), LOOSE_POINTS)
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let found = read_whole(&index, at.unwrap_or(0)).await;
        for number in (0..POINTS).filter(|number| !in_flight.contains(number)) {
            assert_eq!(found.get(&number), durable.get(&number), "seed {seed}, {number} was flushed");
        }
        repair(&index, &found, &last).await;
        assert_eq!(read_whole(&index, at.unwrap_or(0)).await, last, "seed {seed}");

        let clean_home = tempfile::tempdir().unwrap();
        let clean = EmbeddedIndex::open(clean_home.path(), &spec()).unwrap();
        repair(&clean, &States::new(), &last).await;
        assert!(answers(&index).await == answers(&clean).await, "seed {seed}");
        drop(index);
        let index = EmbeddedIndex::open(home.path(), &spec()).unwrap();
        assert!(answers(&index).await == answers(&clean).await, "seed {seed}, opened again");
    }
    assert!(kills > 0);
}
