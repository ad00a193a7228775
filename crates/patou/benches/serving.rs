//! How fast a served answer begins, ends and scales, and how much memory an idle server has. The model is
//! scripted and in this process, so that both ends of a wire are read from one clock.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program that measures and prints")]
#![expect(clippy::disallowed_methods, reason = "it reads the clock and the system's figures")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{Http, Patou, Reply, Served, Upstream};

const DOCUMENTS: &str = "/api/v1/collections/docs/documents";
const ASK: &str = "/api/v1/collections/docs/ask";
const SAID: &str =
    "Backups are kept for thirty days [1]. Keys rotate weekly [1]. Both are checked on Mondays [1].";
const ASKERS: usize = 64;
const QUESTIONS_EACH: usize = 8;

fn main() {
    let Some(models) = testkit::models() else { return };
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), Some(&models));
    memory(&patou);
    first_event(&patou);
    cancel(&patou);
    askers(&patou);
}

fn serve(patou: &Patou, upstream: &Upstream) -> Served {
    let served = patou.serve(&Patou::chat_at(&upstream.url()));
    let corpus: Vec<(String, Vec<u8>)> = (0..200).map(|place| document("base", place)).collect();
    upload(&served.http, &corpus);
    served
}

/// A document of some hundred words.
fn document(kind: &str, place: usize) -> (String, Vec<u8>) {
    let line = format!("Backups of site {kind} {place} are kept for thirty days, and keys rotate weekly. ");
    (format!("{kind}/{place}.md"), format!("# Site {place}\n\n{}", line.repeat(12)).into_bytes())
}

fn upload(http: &Http, files: &[(String, Vec<u8>)]) {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    assert_eq!(http.upload(DOCUMENTS, &files).unwrap().status, 200);
}

/// Prints the median, the 99th percentile and the largest of some milliseconds.
fn print(what: &str, mut ms: Vec<f64>) {
    ms.sort_by(f64::total_cmp);
    let at = |part: f64| ms[((ms.len() - 1) as f64 * part).round() as usize];
    println!("{what:<52} {:>8.2} {:>8.2} {:>8.2} ms ({} times)", at(0.5), at(0.99), at(1.0), ms.len());
}

fn rss_mb(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

fn memory(patou: &Patou) {
    let bare = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    let served = bare.serve(&[]);
    assert_eq!(served.http.get("/health").status, 200);
    println!("{:<52} {:>8.1} MB", "idle server without the model", rss_mb(served.id()));
    drop(served);
    let served = patou.serve(&[]);
    upload(&served.http, &[document("memory", 0)]);
    let asked = served.http.post(ASK, &json!({"question": "How long are backups kept?"}));
    assert_eq!(asked.json()["refused"], false);
    println!("{:<52} {:>8.1} MB", "idle server with it, after an ingest and a question", rss_mb(served.id()));
}

fn first_event(patou: &Patou) {
    let upstream = Upstream::saying(SAID, 5);
    let served = serve(patou, &upstream);
    let mut came = Vec::new();
    for _ in 0..300 {
        let mut response = served.http.stream(ASK, &json!({"question": "How long are backups kept?"}));
        while let Some(event) = response.event() {
            if event.name == "token" || event.name == "citation" {
                came.push(Instant::now());
                break;
            }
        }
        while response.event().is_some() {}
    }
    let first = upstream.first_tokens();
    assert_eq!(first.len(), came.len());
    let ms = came.iter().zip(&first).map(|(came, said)| (*came - *said).as_secs_f64() * 1e3);
    print("first event after the model's first token", ms.collect());
}

fn cancel(patou: &Patou) {
    let said = SAID.split_inclusive(' ').map(str::to_owned).collect::<Vec<_>>();
    let upstream = Upstream::start(move |_| Reply::SaysAndHangs(said.clone()));
    let served = serve(patou, &upstream);
    let mut ms = Vec::new();
    for count in 1..=100 {
        let mut response = served.http.stream(ASK, &json!({"question": "How long are backups kept?"}));
        while response.event().is_some_and(|event| event.name != "token") {}
        drop(response);
        let left = Instant::now();
        assert_eq!(upstream.wait_for_leavers(count), count);
        let heard = upstream.left_at()[count - 1];
        ms.push(heard.saturating_duration_since(left).as_secs_f64() * 1e3);
    }
    print("the model is let go after its client left", ms);
}

/// What one asker saw of one answer.
struct Seen {
    own_ms: f64,
    search_ms: f64,
    whole_ms: f64,
}

fn ask_all(http: Http) -> Vec<Seen> {
    let seen = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for asker in 0..ASKERS {
            let seen = &seen;
            scope.spawn(move || {
                for turn in 0..QUESTIONS_EACH {
                    let question = format!("How long are backups of site {} kept?", (asker * 7 + turn) % 200);
                    let clock = Instant::now();
                    let response = http.post(ASK, &json!({ "question": question }));
                    assert_eq!(response.status, 200);
                    let whole_ms = clock.elapsed().as_secs_f64() * 1e3;
                    let timings = response.json()["timings_ms"].clone();
                    let part = |name: &str| timings[name].as_f64().unwrap();
                    let own_ms = part("total") - part("embed") - part("generation");
                    seen.lock().unwrap().push(Seen { own_ms, search_ms: part("search"), whole_ms });
                }
            });
        }
    });
    seen.into_inner().unwrap()
}

fn askers(patou: &Patou) {
    let upstream = Upstream::saying(SAID, 5);
    let served = serve(patou, &upstream);
    let http = served.http;
    let report = |beside: &str, seen: &[Seen]| {
        let own = seen.iter().map(|seen| seen.own_ms).collect();
        print(&format!("{ASKERS} askers{beside}: own stages but embedding"), own);
        print(
            &format!("{ASKERS} askers{beside}: of these, search"),
            seen.iter().map(|seen| seen.search_ms).collect(),
        );
        print(
            &format!("{ASKERS} askers{beside}: whole answer"),
            seen.iter().map(|seen| seen.whole_ms).collect(),
        );
    };
    let documents = || http.get(DOCUMENTS).json()["documents"].as_array().unwrap().len();
    report("", &ask_all(http));
    let before = documents();
    let through = AtomicBool::new(false);
    let mut uploads = 0;
    let seen = std::thread::scope(|scope| {
        let ingest = scope.spawn(|| {
            let mut count = 0;
            while !through.load(Ordering::Relaxed) {
                let files: Vec<_> = (0..50).map(|place| document(&format!("more{count}"), place)).collect();
                upload(&http, &files);
                count += 1;
            }
            count
        });
        std::thread::sleep(Duration::from_millis(200));
        let seen = ask_all(http);
        through.store(true, Ordering::Relaxed);
        uploads = ingest.join().unwrap();
        seen
    });
    report(" beside an ingest", &seen);
    let added = documents() - before;
    println!("{:<52} {added:>8}", "documents ingested beside them");
    assert_eq!(added, 50 * uploads);
}
