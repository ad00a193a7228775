//! The tools of the Model Context Protocol: over HTTP and standard input, by the official client and by hand.

#![expect(clippy::unwrap_used, reason = "tests, with functions of their own")]
#![expect(clippy::disallowed_methods, reason = "the client is a program of its own")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use testkit::{Http, Patou, Upstream, write_files};

const FILE: &[u8] = "# Backups\n\nBackups are kept for thirty days. Das ist schön.".as_bytes();

fn patou() -> Option<Patou> {
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), Some(&testkit::models()?));
    write_files(patou.home(), &[("ops.md", FILE)]);
    let file = patou.home().join("ops.md").display().to_string();
    patou.json(0, &["ingest", &file]);
    Some(patou)
}

/// What the official client's script printed.
fn talk(clients: &Path, where_to: &[&str]) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/tools.py");
    let output = Command::new(clients.join("venv/bin/python")).arg(script).args(where_to).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn check(got: &Value) {
    assert_eq!(got["tools"], json!(["search", "ask", "list_documents", "get_document"]));
    assert_eq!(got["search"]["hits"][0]["source"], "ops.md");
    assert!(got["ask"]["answer"].as_str().unwrap().contains("thirty days. [1]"), "{}", got["ask"]);
    assert_eq!(got["document"]["text"], std::str::from_utf8(FILE).unwrap());
    assert_eq!(got["document"]["next_offset"], Value::Null);
    assert_eq!((&got["unknown"][0], &got["wrong"][0]), (&json!(true), &json!(true)), "{got}");
    assert!(got["unknown"][1].as_str().unwrap().contains("not_found"), "{got}");
}

#[test]
fn the_official_client_over_http_and_standard_input() {
    let Some(clients) = testkit::clients() else { return };
    let Some(patou) = patou() else { return };
    let home = patou.home().display().to_string();
    let stdio = [env!("CARGO_BIN_EXE_patou"), "--offline", "--home", &home, "mcp"];
    check(&talk(&clients, &stdio));
    let served = patou.serve(&[]);
    check(&talk(&clients, &[&format!("http://{}/mcp", served.http.address)]));
    // The server holds the home now, and answers.
    check(&talk(&clients, &stdio));
}

fn say(http: &Http, headers: &[(&str, &str)], message: &str) -> (u16, Value) {
    let headers = [&[("content-type", "application/json")], headers].concat();
    let response = http.send("POST /mcp", &headers, message.as_bytes());
    (response.status, serde_json::from_str(&response.text()).unwrap_or(Value::Null))
}

#[test]
fn messages_that_are_none_are_told_so() {
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    let served = patou.serve(&[]);
    let code = |message: &str| say(&served.http, &[], message).1["error"]["code"].clone();
    assert_eq!(code("{"), -32700);
    for message in [
        "[]",
        "{}",
        "1",
        "{\"jsonrpc\":\"2.0\",\"id\":1}",
        "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}",
    ] {
        assert_eq!(code(message), -32600, "{message}");
    }
    assert_eq!(code("{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}"), -32600);
    assert_eq!(code("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"prompts/list\"}"), -32601);
    let call = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"rm\"}}";
    assert_eq!(code(call), -32602);
    let ping = "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"ping\"}";
    assert_eq!(say(&served.http, &[], ping), (200, json!({"jsonrpc": "2.0", "id": "a", "result": {}})));
    let notification = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}";
    assert_eq!(say(&served.http, &[], notification), (202, Value::Null));
    assert_eq!(say(&served.http, &[("mcp-protocol-version", "2031-01-01")], ping).0, 400);
    assert_eq!(served.http.get("/mcp").status, 405);
    assert_eq!(say(&served.http, &[("origin", "https://evil.example")], ping).0, 403);
    let deep =
        format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{}", "[".repeat(100_000));
    assert_eq!(code(&deep), -32700);
}

#[test]
fn keys_lists_and_quotas_hold_for_tools_too() {
    let Some(models) = testkit::models() else { return };
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), Some(&models));
    write_files(patou.home(), &[("legal.md", b"Backups of contracts are kept for ten years.")]);
    let file = patou.home().join("legal.md").display().to_string();
    patou.json(0, &["ingest", &file, "--acl", "group:legal"]);
    let key = |arguments: &[&str]| {
        let made = patou.json(0, &[&["key", "create", "app"], arguments].concat());
        format!("Bearer {}", made["secret"].as_str().unwrap())
    };
    let (legal, other) = (key(&["--as", "group:legal"]), key(&[]));
    let poor = key(&["--as", "group:legal", "--tokens-per-month", "10"]);
    let model = Upstream::saying("Backups of contracts are kept for ten years [1].", 6);
    let url = model.url();
    let served = patou.serve(&[&Patou::chat_at(&url)[..], &[("PATOU_SERVER_AUTH", "keys")]].concat());
    let call = |key: &str, tool: &str, arguments: Value| {
        let params = json!({"name": tool, "arguments": arguments});
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        say(&served.http, &[("authorization", key)], &message.to_string())
    };
    let hits = |key: &str| {
        let found = call(key, "search", json!({"query": "contracts"})).1;
        found["result"]["structuredContent"]["hits"].as_array().unwrap().len()
    };
    assert_eq!((hits(&legal), hits(&other)), (1, 0));
    let listed = call(&other, "list_documents", json!({})).1;
    assert_eq!(listed["result"]["structuredContent"]["documents"], json!([]));
    assert_eq!(say(&served.http, &[], "{}").0, 401);
    let refused = call(&poor, "ask", json!({"question": "How long are contracts kept?"})).1;
    assert_eq!(refused["result"]["isError"], true);
    assert!(refused.to_string().contains("quota_exceeded"), "{refused}");
    let answered = call(&legal, "ask", json!({"question": "How long are backups of contracts kept?"})).1;
    assert!(answered.to_string().contains("ten years"), "{answered}");
}

#[test]
fn a_line_is_a_message() {
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    let mut command = patou.command(&["mcp"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = "no json\n\n{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n\
                 {\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}\n";
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let answers: Vec<Value> = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    assert_eq!(
        (&answers[0]["error"]["code"], &answers[1]["id"], answers.len()),
        (&json!(-32700), &json!(7), 2)
    );
}
