//! A server that asks for tokens of an OpenID provider: who is let in, who pays, and how the rest is refused.

#![expect(clippy::unwrap_used, reason = "tests, with functions of their own")]

use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};
use testkit::{Patou, Reply, Served, Signer, Upstream, write_files};

/// A provider on loopback: one document is its description and its keys.
struct Provider {
    signer: Signer,
    server: Upstream,
    url: String,
}

impl Provider {
    fn start() -> Self {
        let signer = Signer::new("one");
        let (keys, own) = (signer.published(), Arc::new(OnceLock::<String>::new()));
        let url = Arc::clone(&own);
        let server = Upstream::start(move |_| {
            let url = url.get().cloned().unwrap_or_default();
            let document = json!({"issuer": url, "jwks_uri": format!("{url}/keys"), "keys": [keys]});
            Reply::Status(200, document.to_string())
        });
        let url = server.url();
        own.set(url.clone()).unwrap();
        Self { signer, server, url }
    }

    fn token(&self, others: &Value) -> String {
        // Good until 2096.
        let mut claims = json!({"iss": self.url, "aud": "patou", "sub": "ada", "exp": 4_000_000_000_i64});
        for (name, value) in others.as_object().unwrap() {
            claims[name] = value.clone();
        }
        self.signer.token(&claims)
    }
}

fn serve(provider: &Provider, model: &Upstream, auth: &str) -> (Patou, Served) {
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    let text = format!(
        "[server.issuers.idp]\nissuer = \"{}\"\naudiences = [\"patou\"]\nteam_claim = \"team\"\n\
         admin_groups = [\"admins\"]\n[gateway.teams.ml]\ntokens_per_month = 40\n\
         [gateway.backends.one]\nbase_url = \"{}\"\n[gateway.routes.m]\nbackends = [\"one\"]\n",
        provider.url,
        model.url()
    );
    write_files(patou.home(), &[("patou.toml", text.as_bytes())]);
    let served = patou.serve(&[("PATOU_SERVER_AUTH", auth)]);
    (patou, served)
}

/// Sends a chat request with these headers; gives its status, its error's code, and what is left of the quota.
fn chat(served: &Served, headers: &[(&str, &str)]) -> (u16, String, Option<String>) {
    let body = json!({"model": "m", "messages": [], "max_tokens": 5}).to_string();
    let response = served.http.send("POST /v1/chat/completions", headers, body.as_bytes());
    let (status, left) =
        (response.status, response.header("x-ratelimit-remaining-tokens").map(str::to_owned));
    let told: Value = serde_json::from_str(&response.text()).unwrap_or_default();
    (status, told["error"]["code"].as_str().unwrap_or_default().to_owned(), left)
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[test]
fn a_subject_is_let_in_and_its_team_pays() {
    let (provider, model) = (Provider::start(), Upstream::saying("abcdefgh", 1));
    let (_patou, served) = serve(&provider, &model, "tokens");
    let ada = bearer(&provider.token(&json!({"team": "ml"})));
    let bob = bearer(&provider.token(&json!({"team": "ml", "sub": "bob"})));
    let admin = bearer(&provider.token(&json!({"roles": ["admins"], "sub": "eve"})));
    assert_eq!(chat(&served, &[("authorization", &ada)]), (200, String::new(), Some("25".into())));
    assert_eq!(chat(&served, &[("authorization", &bob)]), (200, String::new(), Some("10".into())));
    let refused = chat(&served, &[("authorization", &ada)]);
    assert!(refused.0 == 200 || refused.1 == "quota_exceeded", "{refused:?}");
    let usage = |who: &str| served.http.send("GET /api/v1/usage", &[("authorization", who)], b"");
    assert_eq!(usage(&ada).status, 403, "only administrators see it");
    let rows = usage(&admin).json();
    let rows = rows["usage"].as_array().unwrap();
    let payer = |name: &str| rows.iter().find(|row| row["key_id"] == format!("token:idp:{name}")).unwrap();
    assert_eq!((&payer("ada")["team"], &payer("bob")["prompt_tokens"]), (&json!("ml"), &json!(7)));
    assert_eq!(provider.server.requests().len(), 2, "the description and the keys, once");
}

#[test]
fn what_is_no_good_token_is_refused_and_harms_nobody() {
    let (provider, model) = (Provider::start(), Upstream::saying("hello", 1));
    let (patou, served) = serve(&provider, &model, "tokens");
    let good = bearer(&provider.token(&json!({})));
    let key = patou.json(0, &["key", "create", "app"])["secret"].as_str().unwrap().to_owned();
    let unauthenticated = |headers: &[(&str, &str)]| {
        let (status, code, _) = chat(&served, headers);
        assert_eq!((status, code.as_str()), (401, "unauthenticated"), "{headers:?}");
    };
    unauthenticated(&[]);
    unauthenticated(&[("authorization", &bearer(&key))]);
    unauthenticated(&[("authorization", &bearer(&provider.token(&json!({"exp": 1}))))]);
    unauthenticated(&[("authorization", &bearer(&provider.token(&json!({"aud": "other"}))))]);
    unauthenticated(&[("authorization", &bearer(&Signer::new("one").token(&json!({"iss": provider.url}))))]);
    unauthenticated(&[("authorization", &bearer(&Signer::new("two").token(&json!({"iss": provider.url}))))]);
    unauthenticated(&[("authorization", &bearer(&provider.token(&json!({"pad": "x".repeat(20_000)}))))]);
    let overage = provider.token(&json!({"_claim_names": {"groups": "elsewhere"}}));
    assert_eq!(chat(&served, &[("authorization", &bearer(&overage))]).1, "forbidden");
    assert_eq!(chat(&served, &[("authorization", &good)]).0, 200);
}

#[test]
fn an_issuer_that_is_away_is_told_of_and_those_it_let_in_go_on() {
    let (provider, model) = (Provider::start(), Upstream::saying("hello", 1));
    let (patou, served) = serve(&provider, &model, "keys_or_tokens");
    let before = bearer(&provider.token(&json!({})));
    assert_eq!(chat(&served, &[("authorization", &before)]).0, 200);
    let Provider { signer, server, url } = provider;
    drop(server);
    let claims = json!({"iss": url, "aud": "patou", "sub": "bob", "exp": 4_000_000_000_i64});
    assert_eq!(chat(&served, &[("authorization", &bearer(&signer.token(&claims)))]).0, 200);
    drop(served);
    let served = patou.serve(&[("PATOU_SERVER_AUTH", "keys_or_tokens")]);
    let (status, code, _) = chat(&served, &[("authorization", &before)]);
    assert_eq!((status, code.as_str()), (503, "unavailable"));
    let key = patou.json(0, &["key", "create", "app"])["secret"].as_str().unwrap().to_owned();
    assert_eq!(chat(&served, &[("authorization", &bearer(&key))]).0, 200);
}

#[test]
fn both_can_be_asked_for() {
    let (provider, model) = (Provider::start(), Upstream::saying("abcdefgh", 1));
    let (patou, served) = serve(&provider, &model, "keys_and_tokens");
    let key = patou.json(0, &["key", "create", "app", "--tokens-per-month", "1000", "--role", "admin"]);
    let (key, id) = (key["secret"].as_str().unwrap(), key["id"].as_str().unwrap());
    let token = bearer(&provider.token(&json!({"roles": ["admins"]})));
    let both = [("authorization", token.as_str()), ("x-api-key", key)];
    assert_eq!(chat(&served, &both), (200, String::new(), Some("985".into())));
    assert_eq!(chat(&served, &both[..1]).0, 401);
    assert_eq!(chat(&served, &both[1..]).0, 401);
    assert_eq!(chat(&served, &[("authorization", &bearer(key)), ("x-api-key", key)]).0, 401);
    let rows = served.http.send("GET /api/v1/usage", &both, b"").json();
    assert_eq!(rows["usage"][0]["key_id"], id, "the key pays");
}

#[test]
fn tokens_without_an_issuer_are_a_mistake_in_the_configuration() {
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    write_files(
        patou.home(),
        &[("patou.toml", b"[server]\nauth = \"tokens\"\n[server.issuers.x]\nleeway_seconds = 1\n")],
    );
    let told = patou.json(1, &["config", "check"]);
    let told = told.to_string();
    assert!(told.contains("needs an `issuer`") && told.contains("needs `audiences`"), "{told}");
}
