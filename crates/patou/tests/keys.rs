//! A server that asks for keys: who is let in, to what, and when no longer.

#![expect(clippy::unwrap_used, reason = "tests, with functions of their own")]

use serde_json::{Value, json};
use testkit::{Http, Patou, write_files};

const KEYED: &[(&str, &str)] = &[("PATOU_SERVER_AUTH", "keys")];
const DOCUMENTS: &str = "/api/v1/collections/docs/documents";
const SEARCH: &str = "POST /api/v1/collections/docs/search";
const NOBODY: &str = "patou-0000000000000000000000000000000000000000000000000000000000000000";

struct Caller<'a> {
    http: &'a Http,
    authorization: String,
}

impl Caller<'_> {
    fn send(&self, what: &str, body: &Value) -> (u16, Value) {
        let headers = [("authorization", self.authorization.as_str()), ("content-type", "application/json")];
        let response = self.http.send(what, &headers, body.to_string().as_bytes());
        let status = response.status;
        let text = response.text();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// The sources that a search finds.
    fn finds(&self) -> Vec<String> {
        let (status, found) = self.send(SEARCH, &json!({"query": "backups"}));
        assert_eq!(status, 200, "{found}");
        let hits = found["hits"].as_array().unwrap();
        hits.iter().map(|hit| hit["source"].as_str().unwrap().to_owned()).collect()
    }
}

fn caller<'a>(http: &'a Http, secret: &str) -> Caller<'a> {
    Caller { http, authorization: format!("Bearer {secret}") }
}

fn refused(answer: (u16, Value)) -> (u16, String) {
    (answer.0, answer.1["error"]["code"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_key_opens_what_it_is_for_and_nothing_else() {
    let Some(models) = testkit::models() else { return };
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), Some(&models));
    write_files(
        patou.home(),
        &[
            ("open.md", b"Backups are kept for thirty days."),
            ("legal.md", b"Backups of contracts are kept for ten years."),
        ],
    );
    let at = |name: &str| patou.home().join(name).display().to_string();
    patou.json(0, &["ingest", &at("open.md")]);
    patou.json(0, &["ingest", &at("legal.md"), "--acl", "group:legal"]);
    let secret = |key: &Value| key["secret"].as_str().unwrap().to_owned();
    let asking = patou.json(0, &["key", "create", "asks"]);
    let legal = patou.json(0, &["key", "create", "legal", "--as", "group:legal", "--role", "ingest"]);
    let served = patou.serve(KEYED);
    let http = &served.http;

    assert_eq!(http.get("/health").status, 200);
    assert_eq!(http.get(DOCUMENTS).status, 401);
    assert_eq!(
        refused(caller(http, NOBODY).send(SEARCH, &json!({"query": "x"}))),
        (401, "unauthenticated".into())
    );
    let (asking_secret, legal_secret) = (secret(&asking), secret(&legal));
    let (asks, reads) = (caller(http, &asking_secret), caller(http, &legal_secret));
    assert_eq!(asks.finds(), ["open.md"]);
    let mut both = reads.finds();
    both.sort();
    assert_eq!(both, ["legal.md", "open.md"]);
    let (status, models) = asks.send("GET /v1/models", &Value::Null);
    assert_eq!((status, &models["object"]), (200, &json!("list")));

    let new = json!({"name": "notes"});
    assert_eq!(refused(asks.send("POST /api/v1/collections", &new)), (403, "forbidden".into()));
    assert_eq!(reads.send("POST /api/v1/collections", &new).0, 201);
    let documents = reads.send(&format!("GET {DOCUMENTS}"), &Value::Null).1;
    let id = documents["documents"][0]["document_id"].as_str().unwrap().to_owned();
    assert_eq!(
        refused(reads.send(&format!("DELETE {DOCUMENTS}/{id}"), &Value::Null)),
        (403, "forbidden".into())
    );
    assert_eq!(refused(reads.send("GET /api/v1/keys", &Value::Null)), (403, "forbidden".into()));
}

#[test]
fn an_administrator_makes_rotates_and_revokes_keys_over_http() {
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    let admin = patou.json(0, &["key", "create", "root", "--role", "admin", "--days", "1"]);
    let served = patou.serve(KEYED);
    let http = &served.http;
    let admin_secret = admin["secret"].as_str().unwrap().to_owned();
    let root = caller(http, &admin_secret);
    let (status, made) = root.send("POST /api/v1/keys", &json!({"name": "app", "principals": ["app:ci"]}));
    assert_eq!(status, 201, "{made}");
    let (id, first) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let wrong = root.send("POST /api/v1/keys", &json!({"name": "x", "roles": ["root"]}));
    assert_eq!(refused(wrong), (400, "wrong_use".into()));
    let (_, rotated) = root.send(&format!("POST /api/v1/keys/{id}/rotate"), &json!({}));
    let second = rotated["secret"].as_str().unwrap();
    assert_eq!((caller(http, first).send("GET /v1/models", &Value::Null).0), 401);
    assert_eq!((caller(http, second).send("GET /v1/models", &Value::Null).0), 200);
    let (_, listed) = root.send("GET /api/v1/keys", &Value::Null);
    assert_eq!(listed["keys"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains(second));
    assert_eq!(root.send(&format!("DELETE /api/v1/keys/{id}"), &Value::Null).0, 200);
    assert_eq!(
        refused(caller(http, second).send("GET /v1/models", &Value::Null)),
        (401, "unauthenticated".into())
    );
    assert_eq!(refused(root.send("DELETE /api/v1/keys/none", &Value::Null)), (404, "not_found".into()));
}

#[test]
fn the_command_line_beside_a_keyed_server_is_its_owner() {
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    let served = patou.serve(KEYED);
    let made = patou.json(0, &["key", "create", "app"]);
    assert_eq!(
        caller(&served.http, made["secret"].as_str().unwrap()).send("GET /v1/models", &Value::Null).0,
        200
    );
    let revoked = patou.json(0, &["key", "revoke", made["id"].as_str().unwrap()]);
    assert!(revoked["revoked_at"].is_i64() && revoked.get("secret").is_none());
    assert_eq!(patou.json(0, &["key", "list"])["keys"][0]["name"], "app");
    assert!(patou.fails(1, &["key", "rotate", "none"]).contains("hint"));
}
