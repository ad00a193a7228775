//! A configuration that changes while requests are under way.

#![expect(clippy::unwrap_used, reason = "tests, with functions of their own")]

use std::sync::Mutex;

use serde_json::{Value, json};
use testkit::{Patou, Reply, Served, Upstream, write_files};

fn configure(patou: &Patou, backend: &Upstream, more: &str) {
    let text = format!(
        "[gateway.backends.one]\nbase_url = \"{}\"\n[gateway.routes.m]\nbackends = [\"one\"]\n{more}",
        backend.url()
    );
    write_files(patou.home(), &[("patou.toml", text.as_bytes())]);
}

fn said(served: &Served, body: &Value) -> String {
    let headers = [("content-type", "application/json")];
    served.http.send("POST /v1/chat/completions", &headers, body.to_string().as_bytes()).text()
}

fn is_served(served: &Served, model: &str) -> bool {
    served.http.get("/v1/models").text().contains(&format!("\"{model}\""))
}

fn note(served: &Served) -> String {
    let ready = served.http.get("/ready").json();
    let parts = ready["parts"].as_array().unwrap().clone();
    let part = parts.into_iter().find(|part| part["part"] == "configuration").unwrap();
    part["note"].as_str().unwrap_or_default().to_owned()
}

fn until(what: impl Fn() -> bool) {
    while !what() {
        std::thread::yield_now();
    }
}

#[test]
fn routes_are_exchanged_and_a_stream_goes_on_with_the_one_it_began_with() {
    let (tell, told) = std::sync::mpsc::channel::<()>();
    let told = Mutex::new(told);
    let before = Upstream::start(move |asked| {
        if asked["wait"] == json!(true) {
            assert_eq!(told.lock().unwrap().recv(), Ok(()));
        }
        Reply::text("before", 2)
    });
    let after = Upstream::saying("after", 2);
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    configure(&patou, &before, "");
    let served = patou.serve(&[]);
    assert!(said(&served, &json!({"model": "m"})).contains("before"));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| said(&served, &json!({"model": "m", "stream": true, "wait": true})));
        until(|| before.bodies().len() == 2);
        configure(&patou, &after, "[gateway.routes.new]\nbackends = [\"one\"]\n");
        until(|| is_served(&served, "new"));
        assert!(said(&served, &json!({"model": "m"})).contains("after"));
        tell.send(()).unwrap();
        let text = waiting.join().unwrap();
        assert!(text.contains("\"be\"") && text.ends_with("data: [DONE]\n\n"), "{text}");
    });
    assert_eq!((before.bodies().len(), after.bodies().len()), (2, 1));
    let metrics = served.http.get("/metrics").text();
    assert!(metrics.contains("patou_configuration_reloads_total{outcome=\"taken\"} 1"), "{metrics}");
}

#[test]
fn what_is_no_good_leaves_the_one_before_and_is_told_of() {
    let model = Upstream::saying("hello", 2);
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    configure(&patou, &model, "");
    let served = patou.serve(&[]);
    for bad in
        ["[gateway.routes.n]\nbackends = [\"nobody\"]\n", "[gateway.routes.n\n", "[server]\nport = 1\n"]
    {
        configure(&patou, &model, bad);
        until(|| !note(&served).is_empty());
        assert!(note(&served).contains("does not hold"), "{}", note(&served));
        assert!(said(&served, &json!({"model": "m"})).contains("hello"));
        assert!(!is_served(&served, "n"));
        assert_eq!(served.http.get("/health").status, 200);
        configure(&patou, &model, "");
        until(|| note(&served).is_empty());
    }
}

#[test]
fn limits_of_teams_hold_at_once_and_what_was_used_is_not_forgotten() {
    let model = Upstream::saying("abcdefgh", 1);
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    configure(&patou, &model, "[gateway.teams.ml]\ntokens_per_month = 20\n");
    let key = patou.json(0, &["key", "create", "app", "--team", "ml"]);
    let key = format!("Bearer {}", key["secret"].as_str().unwrap());
    let served = patou.serve(&[("PATOU_SERVER_AUTH", "keys")]);
    let ask = || {
        let headers = [("content-type", "application/json"), ("authorization", key.as_str())];
        let body = json!({"model": "m", "messages": [], "max_tokens": 5}).to_string();
        let response = served.http.send("POST /v1/chat/completions", &headers, body.as_bytes());
        (response.status, response.header("x-ratelimit-remaining-tokens").map(str::to_owned))
    };
    assert_eq!(ask(), (200, Some("5".into())));
    assert_eq!(ask().0, 429);
    configure(&patou, &model, "[gateway.teams.ml]\ntokens_per_month = 100\n");
    until(|| ask().0 == 200);
    assert_eq!(ask(), (200, Some("55".into())));
}

#[test]
#[cfg(unix)]
fn a_signal_has_the_files_read_that_the_configuration_names() {
    let model = Upstream::saying("hello", 2);
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    write_files(patou.home(), &[("key", b"first")]);
    let file = patou.home().join("key").display().to_string();
    let text = format!(
        "[gateway.backends.one]\nbase_url = \"{}\"\napi_key_file = \"{file}\"\n[gateway.routes.m]\nbackends = [\"one\"]\n",
        model.url()
    );
    write_files(patou.home(), &[("patou.toml", text.as_bytes())]);
    let served = patou.serve(&[]);
    let key = || {
        said(&served, &json!({"model": "m"}));
        model.requests().last().unwrap().header("authorization").unwrap().to_owned()
    };
    assert_eq!(key(), "Bearer first");
    write_files(patou.home(), &[("key", b"second")]);
    assert_eq!(key(), "Bearer first");
    served.hang_up();
    until(|| key() == "Bearer second");
}
