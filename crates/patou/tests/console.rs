//! The console as a person uses it: in Chromium, by keyboard, wide and narrow, dark and light.

#![expect(clippy::unwrap_used, reason = "tests, with functions of their own")]
#![expect(clippy::disallowed_methods, reason = "the browser is a program of its own")]

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use testkit::{Patou, Reply, Served, Upstream, write_files};

/// A model that cites, knows nothing of gold, and breaks on request.
fn say(asked: &Value) -> Reply {
    let messages = asked["messages"].as_array().cloned().unwrap_or_default();
    let last = messages.last().map(|message| message["content"].to_string()).unwrap_or_default();
    if last.contains("gold") {
        return Reply::text("NO ANSWER", 3);
    }
    if last.contains("break down") {
        return Reply::Status(500, r#"{"error":{"message":"out of memory"}}"#.to_owned());
    }
    Reply::text(
        "Backups are kept for **thirty days** [1]. Keys rotate weekly – on Mondays [2]. Nobody said this.",
        5,
    )
}

/// Runs a script in the browser for one width and theme.
fn run(script: &str, served: &Served, (width, theme): (u32, &str), more: &[&str]) {
    let Some(clients) = testkit::clients() else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/console").join(script);
    let mut command = Command::new("node");
    command.arg(script).arg(format!("http://{}", served.http.address)).arg(width.to_string()).arg(theme);
    let output = command.args(more).env("PATOU_TEST_CLIENTS", clients).output().unwrap();
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{error}");
    assert!(out.contains("every flow went through"), "{out}");
}

fn drive(width: u32, theme: &str) {
    let Some(models) = testkit::models() else { return };
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), Some(&models));
    let upstream = Upstream::start(say);
    let served = patou.serve(&Patou::chat_at(&upstream.url()));
    run("console.mjs", &served, (width, theme), &[]);
}

/// A server with keys, behind which a model was asked once.
fn count(width: u32, theme: &str) {
    let answer = json!({"choices": [{"message": {"content": "hi"}}],
        "usage": {"prompt_tokens": 8, "completion_tokens": 4}});
    let upstream = Upstream::start(move |_| Reply::Status(200, answer.to_string()));
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    let configuration = format!(
        "[server]\nauth = \"keys\"\n[gateway.backends.one]\nbase_url = \"{}\"\n[gateway.routes.m]\nbackends = [\"one\"]\n",
        upstream.url()
    );
    write_files(patou.home(), &[("patou.toml", configuration.as_bytes())]);
    let made = patou.json(0, &["key", "create", "administrator", "--role", "admin"]);
    let secret = made["secret"].as_str().unwrap();
    let served = patou.serve(&[]);
    let authorization = format!("Bearer {secret}");
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
    let asked = served.http.send("POST /v1/chat/completions", &headers, b"{\"model\":\"m\",\"messages\":[]}");
    assert_eq!(asked.status, 200);
    run("usage.mjs", &served, (width, theme), &[secret]);
}

#[test]
fn usage_wide_and_light() {
    count(1280, "light");
}

#[test]
fn usage_narrow_and_dark() {
    count(390, "dark");
}

#[test]
fn wide_and_light() {
    drive(1280, "light");
}

#[test]
fn wide_and_dark() {
    drive(1280, "dark");
}

#[test]
fn narrow_and_light() {
    drive(390, "light");
}

#[test]
fn narrow_and_dark() {
    drive(390, "dark");
}
