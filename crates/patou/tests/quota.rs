//! Ten thousand requests of every kind against one quota, in one node and in three that share a Redis: never one token
//! over, and none forgotten.

#![expect(clippy::unwrap_used, reason = "tests, with functions of their own")]

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use testkit::{Patou, Redis, Reply, Served, Upstream, write_files};

const REQUESTS: u64 = 10_000;
const WORKERS: u64 = 128;
const LIMIT: u64 = 40_000;
const TOKEN: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";

/// A node with a key of its own, which is an administrator's.
struct Node {
    _patou: Patou,
    served: Served,
    key: String,
}

fn node(model: &Upstream, redis: Option<&Redis>, more: &str) -> Node {
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    let shared = redis.map(|redis| format!("redis_url = \"{}\"\n", redis.url())).unwrap_or_default();
    let text = format!(
        "[gateway]\n{shared}{more}[gateway.backends.one]\nbase_url = \"{}\"\n\
         [gateway.routes.m]\nbackends = [\"one\"]\ntokens_per_month = {LIMIT}\n",
        model.url()
    );
    write_files(patou.home(), &[("patou.toml", text.as_bytes())]);
    let key = patou.json(0, &["key", "create", "app", "--role", "admin"]);
    let served = patou.serve(&[("PATOU_SERVER_AUTH", "keys")]);
    Node { _patou: patou, served, key: format!("Bearer {}", key["secret"].as_str().unwrap()) }
}

impl Node {
    fn chat(&self, body: &Value) -> testkit::Response {
        let headers = [("content-type", "application/json"), ("authorization", self.key.as_str())];
        self.served.http.send("POST /v1/chat/completions", &headers, body.to_string().as_bytes())
    }

    /// The tokens in its book of usage.
    fn spent(&self) -> u64 {
        let told = self.served.http.send("GET /api/v1/usage", &[("authorization", &self.key)], b"").json();
        let rows = told["usage"].as_array().unwrap();
        let number = |row: &Value, name: &str| row[name].as_u64().unwrap();
        rows.iter().map(|row| number(row, "prompt_tokens") + number(row, "completion_tokens")).sum()
    }

    /// What is left of the quota, as it says to a request that cannot have it.
    fn left(&self) -> u64 {
        // The prompt alone is more than there is.
        let long = "a ".repeat(LIMIT as usize);
        let refused = self.chat(&json!({"model": "m", "messages": [{"role": "user", "content": long}]}));
        assert_eq!(refused.status, 429);
        refused.header("x-ratelimit-remaining-tokens").unwrap().parse().unwrap()
    }

    fn ready(&self, part: &str) -> Value {
        let ready = self.served.http.get("/ready").json();
        let parts = ready["parts"].as_array().unwrap().clone();
        parts.into_iter().find(|found| found["part"] == part).unwrap()
    }
}

/// A number that depends on the turn alone (Steele, Lea and Flood: SplitMix64).
fn number(turn: u64, which: u64) -> u64 {
    let mut z = (turn * 8 + which).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A server that does to each request what it says: answers, as long as it says, breaks off, or fails.
fn model() -> Upstream {
    Upstream::start(|asked| {
        let mut pieces = asked["pieces"].as_u64().unwrap_or(0);
        if asked["stream"] != json!(true) {
            // What is not streamed nobody can cut: there a model keeps to its limit.
            pieces = pieces.min(asked["max_tokens"].as_u64().unwrap_or(0));
        }
        match asked["fate"].as_u64().unwrap_or(0) {
            0..=3 => Reply::Says(vec!["a".into(); usize::try_from(pieces).unwrap()]),
            4 => Reply::RawAndBreaks(TOKEN.repeat(usize::try_from(pieces).unwrap())),
            5 => Reply::Status([400, 429, 500, 503][usize::try_from(pieces % 4).unwrap()], "{}".into()),
            6 => Reply::SaysAndHangs(vec!["a".into(); usize::try_from(pieces).unwrap()]),
            _ => Reply::Raw("data: <html>\n\n".into()),
        }
    })
}

/// One request: of any length, streamed or not, which its client may leave before the end.
fn turn(node: &Node, turn: u64) {
    let (fate, streamed) = (number(turn, 0) % 8, !number(turn, 1).is_multiple_of(4));
    let words = "hi ".repeat(usize::try_from(number(turn, 2) % 30).unwrap());
    let pieces = 1 + number(turn, 3) % 40;
    let body = json!({
        "model": "m", "messages": [{"role": "user", "content": words}], "fate": fate,
        "pieces": pieces, "max_tokens": 16 + number(turn, 4) % 60,
        "stream": streamed || fate == 6 || fate == 4,
    });
    let mut response = node.chat(&body);
    if fate == 6 || number(turn, 5).is_multiple_of(5) {
        // Leaves, some at once and some in the middle.
        for _ in 0..number(turn, 6) % pieces.min(4) {
            response.event();
        }
        return;
    }
    drop(response.text());
}

fn race(nodes: &[Node]) {
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::SeqCst);
                    if at >= REQUESTS {
                        return;
                    }
                    turn(&nodes[usize::try_from(at).unwrap() % nodes.len()], at);
                }
            });
        }
    });
    // Those who left are settled in a moment: then what was used and what is left are all there is.
    let told = || (nodes.iter().map(Node::spent).sum::<u64>(), nodes[0].left());
    let mut last = told();
    while last.0 + last.1 != LIMIT {
        assert!(last.0 <= LIMIT, "overspent: {last:?}");
        std::thread::yield_now();
        last = told();
    }
    assert!(last.0 > LIMIT - 100, "it was a race for what was left: {last:?}");
}

#[test]
fn ten_thousand_requests_in_one_node_never_overspend() {
    let model = model();
    race(&[node(&model, None, "")]);
}

#[test]
fn ten_thousand_requests_in_three_nodes_never_overspend() {
    let Some(redis) = Redis::start() else { return };
    let model = model();
    race(&[node(&model, Some(&redis), ""), node(&model, Some(&redis), ""), node(&model, Some(&redis), "")]);
}

#[test]
fn a_redis_that_is_away_is_told_of_and_found_again() {
    let Some(mut redis) = Redis::start() else { return };
    let model = Upstream::saying("abcdefgh", 1);
    let strict = node(&model, Some(&redis), "");
    let sharing = node(&model, Some(&redis), "redis_away = \"share\"\nredis_nodes = 4\n");
    let ask = json!({"model": "m", "messages": [], "max_tokens": 5});
    assert_eq!((strict.chat(&ask).status, sharing.chat(&ask).status), (200, 200));
    // What the other used counts once it has told.
    while strict.left() != LIMIT - 30 {
        std::thread::yield_now();
    }
    redis.kill();
    let refused = strict.chat(&ask);
    assert_eq!(refused.status, 503);
    assert!(refused.text().contains("quotas cannot be counted"));
    let shared = sharing.chat(&ask);
    assert_eq!(shared.status, 200);
    let left: u64 = shared.header("x-ratelimit-remaining-tokens").unwrap().parse().unwrap();
    assert_eq!(left, LIMIT / 4 - 15, "its share");
    assert_eq!(
        (&strict.ready("counters")["ready"], strict.served.http.get("/ready").status),
        (&json!(false), 503)
    );
    let part = sharing.ready("counters");
    assert!(part["ready"] == true && part["note"].as_str().unwrap().contains("away"), "{part}");
    let metrics = sharing.served.http.get("/metrics").text();
    assert!(
        metrics.contains("patou_counters_away 1") && metrics.contains("patou_counters_lost_total 1"),
        "{metrics}"
    );
    redis.restart();
    while strict.ready("counters")["ready"] == false || sharing.ready("counters").get("note").is_some() {
        std::thread::yield_now();
    }
    assert_eq!(strict.chat(&ask).status, 200);
    // So does what it used by itself.
    while strict.left() != LIMIT - 30 {
        std::thread::yield_now();
    }
}
