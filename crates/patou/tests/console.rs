//! The console as a person uses it: in Chromium, by keyboard, wide and narrow, dark and light.

#![expect(clippy::unwrap_used, reason = "tests, with functions of their own")]
#![expect(clippy::disallowed_methods, reason = "the browser is a program of its own")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use testkit::{Patou, Reply, Upstream};

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

/// Runs the browser's script for one width and theme.
fn drive(width: u32, theme: &str) {
    let Some(clients) = testkit::clients() else { return };
    let Some(models) = testkit::models() else { return };
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), Some(&models));
    let upstream = Upstream::start(say);
    let served = patou.serve(&Patou::chat_at(&upstream.url()));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/console/console.mjs");
    let mut command = Command::new("node");
    command.arg(script).arg(format!("http://{}", served.http.address)).arg(width.to_string()).arg(theme);
    let output = command.env("PATOU_TEST_CLIENTS", clients).output().unwrap();
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{error}");
    assert!(out.contains("every flow went through"), "{out}");
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
