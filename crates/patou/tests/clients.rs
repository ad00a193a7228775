//! OpenAI's clients as their users install them: each gets a cited, streamed answer by its base URL alone.

#![expect(clippy::unwrap_used, reason = "tests, with functions of their own")]
#![expect(clippy::disallowed_methods, reason = "the clients are programs of their own")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};
use testkit::{Patou, Reply, Served, Upstream, write_files};

const SAID: &str = "Backups are kept for thirty days [1].";

/// A server whose collection `docs` holds one document, and the scripted model behind it.
fn serve() -> Option<(Patou, Upstream, Served)> {
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), Some(&testkit::models()?));
    let upstream = Upstream::saying(SAID, 6);
    let served = patou.serve(&Patou::chat_at(&upstream.url()));
    let files: &[(&str, &[u8])] = &[("ops.md", b"# Backups\n\nBackups are kept for thirty days.")];
    assert_eq!(served.http.upload("/api/v1/collections/docs/documents", files).unwrap().status, 200);
    Some((patou, upstream, served))
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a client's script printed.
fn talk(program: &Path, script: &str, clients: &Path, served: &Served) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script);
    let mut command = Command::new(program);
    command.arg(script).arg(format!("http://{}/v1", served.http.address)).env("PATOU_TEST_CLIENTS", clients);
    serde_json::from_str(&run(&mut command)).unwrap()
}

fn check_text(got: &Value) {
    assert_eq!((&got["whole"], &got["streamed"]), (&json!(SAID), &json!(SAID)), "{got}");
    assert!(got["chunks"].as_u64().unwrap() > 1, "not streamed: {got}");
}

fn check_citations(got: &Value) {
    for list in ["annotations", "streamed_annotations"] {
        let notes = got[list].as_array().unwrap();
        assert_eq!(notes.len(), 1, "{got}");
        let cited = &notes[0];
        assert_eq!(cited["type"], "url_citation");
        assert!(cited.to_string().contains("Backups are kept for thirty days."), "{cited}");
    }
}

#[test]
fn the_python_client() {
    let Some(clients) = testkit::clients() else { return };
    let Some((_patou, _upstream, served)) = serve() else { return };
    let got = talk(&clients.join("venv/bin/python"), "client.py", &clients, &served);
    check_text(&got);
    check_citations(&got);
    assert_eq!((&got["vectors"], &got["unknown"]), (&json!([384, 384]), &json!("not_found")), "{got}");
    assert_eq!(got["models"][0], "rag/docs");
}

#[test]
fn the_node_client() {
    let Some(clients) = testkit::clients() else { return };
    let Some((_patou, _upstream, served)) = serve() else { return };
    let got = talk(&PathBuf::from("node"), "client.mjs", &clients, &served);
    check_text(&got);
    check_citations(&got);
    assert_eq!(got["models"][0], "rag/docs");
}

#[test]
fn langchain() {
    let Some(clients) = testkit::clients() else { return };
    let Some((_patou, _upstream, served)) = serve() else { return };
    check_text(&talk(&clients.join("venv/bin/python"), "langchain.py", &clients, &served));
}

#[test]
fn curl() {
    let Some((_patou, _upstream, served)) = serve() else { return };
    let url = format!("http://{}/v1/chat/completions", served.http.address);
    let body = json!({"model": "rag/docs", "stream": true,
        "messages": [{"role": "user", "content": "How long are backups kept?"}]});
    let words = ["-sSN", "-H", "content-type: application/json", "-d", &body.to_string(), &url];
    let text = run(Command::new("curl").args(words));
    let frames: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert_eq!(frames.last(), Some(&"[DONE]"));
    let chunks: Vec<Value> = frames.iter().filter_map(|frame| serde_json::from_str(frame).ok()).collect();
    let delta = |chunk: &Value| chunk["choices"][0]["delta"]["content"].as_str().unwrap_or("").to_owned();
    assert_eq!(chunks.iter().map(delta).collect::<String>(), SAID);
    assert!(text.contains("url_citation"), "{text}");
}

/// A model's server that greets, calls a tool, and embeds.
fn routed_model(asked: &Value) -> Reply {
    if asked["input"].is_array() {
        let inputs = asked["input"].as_array().unwrap().len();
        let data: Vec<Value> = (0..inputs)
            .map(|index| json!({"object": "embedding", "index": index, "embedding": [0.5, 0.5]}))
            .collect();
        return Reply::Status(
            200,
            json!({"object": "list", "model": "m", "data": data, "usage": USAGE.clone()}).to_string(),
        );
    }
    let calls = asked["tools"].is_array();
    let message = if calls {
        let function = json!({"name": "weather", "arguments": "{\"city\":\"Leiden\"}"});
        json!({"role": "assistant", "content": null, "tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": function}]})
    } else {
        json!({"role": "assistant", "content": GREETING})
    };
    let finish = if calls { "tool_calls" } else { "stop" };
    let answer = |object: &str, choices: Value| json!({"id": "chatcmpl-1", "object": object, "created": 1, "model": "m", "choices": choices});
    if asked["stream"] != json!(true) {
        let mut whole =
            answer("chat.completion", json!([{"index": 0, "message": message, "finish_reason": finish}]));
        whole["usage"] = USAGE.clone();
        return Reply::Status(200, whole.to_string());
    }
    let delta = |delta: Value| {
        answer("chat.completion.chunk", json!([{"index": 0, "delta": delta, "finish_reason": null}]))
    };
    let mut chunks: Vec<Value> = if calls {
        let pieces = ["{\"ci", "ty\":", "\"Leiden\"}"];
        let first = json!({"role": "assistant", "tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}}]});
        let rest =
            pieces.map(|piece| json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}));
        [first].into_iter().chain(rest).map(delta).collect()
    } else {
        GREETING.split_inclusive(' ').map(|word| delta(json!({"content": word}))).collect()
    };
    chunks.push(answer("chat.completion.chunk", json!([{"index": 0, "delta": {}, "finish_reason": finish}])));
    if asked["stream_options"]["include_usage"] == json!(true) {
        let mut last = answer("chat.completion.chunk", json!([]));
        last["usage"] = USAGE.clone();
        chunks.push(last);
    }
    Reply::Raw(
        chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect::<String>() + "data: [DONE]\n\n",
    )
}

const GREETING: &str = "Good day to you.";
static USAGE: LazyLock<Value> =
    LazyLock::new(|| json!({"prompt_tokens": 8, "completion_tokens": 4, "total_tokens": 12}));

/// A gateway with every policy on before a model, a key to it, and a key that has used up its tokens.
struct Routed {
    _upstream: Upstream,
    served: Served,
    patou: Patou,
    keys: [String; 2],
}

fn routed() -> Routed {
    let upstream = Upstream::start(routed_model);
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    let configuration = format!(
        "[server]\nauth = \"keys\"\n[gateway.backends.one]\nbase_url = \"{}\"\n[gateway.prompts.house]\ntext = \"Be kind.\"\n\
         [gateway.routes.m]\nbackends = [\"one\"]\ncache_seconds = 60\nguard_prompt = \"block\"\nguard_answer = \"block\"\n\
         link_hosts = []\nsystem_prompt = \"house\"\ntokens_per_minute = 1000000\n",
        upstream.url()
    );
    write_files(patou.home(), &[("patou.toml", configuration.as_bytes())]);
    let key = |arguments: &[&str]| {
        let made = patou.json(0, &[&["key", "create", "client"], arguments].concat());
        made["secret"].as_str().unwrap().to_owned()
    };
    let keys = [key(&[]), key(&["--tokens-per-month", "5"])];
    let served = patou.serve(&[]);
    Routed { _upstream: upstream, served, patou, keys }
}

impl Routed {
    fn talk(&self, program: &Path, script: &str, clients: &Path) -> Value {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script);
        let mut command = Command::new(program);
        command.arg(script).arg(format!("http://{}/v1", self.served.http.address)).args(&self.keys);
        serde_json::from_str(&run(command.env("PATOU_TEST_CLIENTS", clients))).unwrap()
    }
}

fn check_routed(got: &Value) {
    let city = json!({"city": "Leiden"});
    for (name, wanted) in [
        ("whole", json!(GREETING)),
        ("tokens", json!(12)),
        ("streamed", json!(GREETING)),
        ("streamed_tokens", json!(12)),
        ("call", json!(["weather", city])),
        ("streamed_call", city.clone()),
        ("attack", json!([400, "content_filter"])),
        ("quota", json!([429, "quota_exceeded"])),
        ("vectors", json!([2, 2])),
    ] {
        assert_eq!(got[name], wanted, "{name} of {got}");
    }
}

#[test]
fn the_python_client_and_langchain_at_a_routed_model() {
    let Some(clients) = testkit::clients() else { return };
    let got = routed().talk(&clients.join("venv/bin/python"), "routed.py", &clients);
    check_routed(&got);
    assert_eq!((&got["chain"], &got["chain_streamed"]), (&json!(GREETING), &json!(GREETING)), "{got}");
    let city = json!({"city": "Leiden"});
    assert_eq!((&got["chain_call"], &got["chain_streamed_call"]), (&city, &city), "{got}");
}

#[test]
fn the_node_client_at_a_routed_model() {
    let Some(clients) = testkit::clients() else { return };
    check_routed(&routed().talk(&PathBuf::from("node"), "routed.mjs", &clients));
}

#[test]
fn promptfoo_at_a_routed_model() {
    let Some(clients) = testkit::clients() else { return };
    let routed = routed();
    let folder = routed.patou.home().join("promptfoo");
    let mut command = Command::new("node");
    command
        .arg(clients.join("node_modules/promptfoo/dist/src/main.js"))
        .args(["eval", "--no-cache", "--no-table", "--no-progress-bar", "--no-write", "-c"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/promptfoo.yaml"))
        .arg("-o")
        .arg(folder.join("out.json"))
        .env("PATOU_URL", format!("http://{}/v1", routed.served.http.address))
        .env("PATOU_KEY", &routed.keys[0])
        .env("PROMPTFOO_CONFIG_DIR", &folder);
    for silent in ["TELEMETRY", "UPDATE", "REMOTE_GENERATION"] {
        command.env(format!("PROMPTFOO_DISABLE_{silent}"), "1");
    }
    run(&mut command);
    let out: Value = serde_json::from_slice(&std::fs::read(folder.join("out.json")).unwrap()).unwrap();
    let stats = &out["results"]["stats"];
    assert_eq!(
        (&stats["successes"], &stats["failures"], &stats["errors"]),
        (&json!(2), &json!(0), &json!(0)),
        "{stats}"
    );
}
