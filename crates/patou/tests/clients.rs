//! OpenAI's clients as their users install them: each gets a cited, streamed answer by its base URL alone.

#![expect(clippy::unwrap_used, reason = "tests, with functions of their own")]
#![expect(clippy::disallowed_methods, reason = "the clients are programs of their own")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use testkit::{Patou, Served, Upstream};

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
