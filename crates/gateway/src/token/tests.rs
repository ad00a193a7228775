//! Which tokens open what, and how each other one is refused.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use access::Reader;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use proptest::prelude::*;
use runtime::ManualClock;
use serde_json::{Value, json};
use testkit::Signer;

use super::keys::FetchError;
use super::*;

const HOUR: i64 = 3_600_000_000;
/// A moment after which the tokens of RFC 7515 are good for a while, in seconds since 1970.
const NOW: i64 = 1_300_819_000;

/// A verifier, and the issuer that it asks.
struct Stand {
    verifier: TokenVerifier,
    clock: Arc<ManualClock>,
    fetches: Arc<AtomicUsize>,
    /// What the issuer publishes; `None` while it is away.
    published: Arc<Mutex<Option<Value>>>,
}

fn spec() -> IssuerSpec {
    IssuerSpec {
        name: "idp".into(),
        issuer: "https://idp.example".into(),
        audiences: vec!["patou".into()],
        algorithms: vec![Algorithm::Rs256, Algorithm::Es256],
        user_claim: "sub".into(),
        group_claims: vec!["groups".into(), "roles".into(), "realm_access.roles".into()],
        team_claim: "department".into(),
        roles: vec![(Role::Admin, vec!["patou-admins".into()]), (Role::Ingest, vec!["writers".into()])],
        limits: Limits { streams: Some(3), ..Limits::default() },
        leeway_s: 60,
    }
}

fn stand(spec: IssuerSpec, keys: &[Value]) -> Stand {
    let clock = Arc::new(ManualClock::new(NOW * MICROS_PER_SECOND));
    let fetches = Arc::new(AtomicUsize::new(0));
    let published = Arc::new(Mutex::new(Some(json!({"keys": keys}))));
    let (counted, asked) = (Arc::clone(&fetches), Arc::clone(&published));
    let fetch: FetchKeys = Arc::new(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        let document = asked.lock().unwrap().as_ref().map(|document| Bytes::from(document.to_string()));
        Box::pin(async move { document.ok_or(FetchError::Unexpected("server is away")) })
    });
    let verifier = TokenVerifier::new(vec![(spec, fetch)], Arc::clone(&clock) as Arc<dyn Clock>);
    Stand { verifier, clock, fetches, published }
}

impl Stand {
    async fn refuses(&self, token: &str) -> TokenRefusal {
        match self.verifier.admit(token).await {
            Ok(key) => panic!("let in: {key:?}"),
            Err(refusal) => refusal,
        }
    }

    fn publish(&self, keys: Option<&[Value]>) {
        *self.published.lock().unwrap() = keys.map(|keys| json!({"keys": keys}));
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

/// The claims of a good token, with others beside or instead.
fn claims(others: &Value) -> Value {
    let mut claims = json!({"iss": "https://idp.example", "aud": "patou", "sub": "ada", "exp": NOW + 600});
    for (name, value) in others.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

#[tokio::test]
async fn a_token_stands_for_its_subject() {
    let signer = Signer::new("one");
    let stand = stand(spec(), &[signer.published()]);
    let token = signer.token(&claims(&json!({
        "aud": ["other", "patou"], "groups": ["legal", "writers"], "roles": ["Reader.All"],
        "realm_access": {"roles": ["ops"]}, "department": "ml",
    })));
    let key = stand.verifier.admit(&token).await.unwrap();
    let principals: Vec<String> = key.spec.principals.iter().map(ToString::to_string).collect();
    let expect = ["group:Reader.All", "group:legal", "group:ops", "group:writers", "user:ada"];
    let mut sorted = principals.clone();
    sorted.sort();
    assert_eq!(sorted, expect);
    assert_eq!((key.id.as_str(), key.spec.team.as_deref()), ("token:idp:ada", Some("ml")));
    assert_eq!(key.spec.limits.streams, Some(3));
    assert!(key.may(Role::Ingest) && !key.may(Role::Delete));
    let admin =
        stand.verifier.admit(&signer.token(&claims(&json!({"groups": "patou-admins"})))).await.unwrap();
    assert_eq!(admin.reader(), Reader::Operator);
    assert_eq!(stand.fetches(), 1);
}

#[tokio::test]
async fn a_program_in_its_own_name_is_no_user() {
    let signer = Signer::new("one");
    let stand = stand(spec(), &[signer.published()]);
    let cases = [
        (json!({"sub": "job", "client_id": "job"}), "app:job"),
        (json!({"azp": "job", "idtyp": "app"}), "app:job"),
        (json!({"azp": "job", "oid": "ada"}), "app:job"),
        (json!({"azp": "job", "oid": "ada", "scp": "ask"}), "user:ada"),
        (json!({"azp": "job"}), "user:ada"),
    ];
    for (others, expect) in cases {
        let key = stand.verifier.admit(&signer.token(&claims(&others))).await.unwrap();
        let principals: Vec<String> = key.spec.principals.iter().map(ToString::to_string).collect();
        assert_eq!(principals, [expect], "{others}");
    }
}

#[tokio::test]
async fn every_other_token_is_refused_for_what_is_wrong_with_it() {
    let signer = Signer::new("one");
    let published = signer.published();
    let stand = stand(spec(), std::slice::from_ref(&published));
    let good = signer.token(&claims(&json!({})));
    assert!(stand.verifier.admit(&good).await.is_ok());
    let with_header = |header: Value| signer.signed(&header, &claims(&json!({})));
    let with = |others: Value| signer.token(&claims(&others));
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());

    let algorithm = |name: &str| TokenRefusal::Algorithm(name.into());
    for name in ["none", "None", "HS256", "ES512", ""] {
        assert_eq!(stand.refuses(&with_header(json!({"alg": name, "kid": "one"}))).await, algorithm(name));
    }
    let unsigned = format!("{}.{}.", part(json!({"alg": "none"})), part(claims(&json!({}))));
    assert_eq!(stand.refuses(&unsigned).await, algorithm("none"));
    // Key confusion: the public key, which everybody has, as a secret.
    let signed = format!("{}.{}", part(json!({"alg": "HS256", "kid": "one"})), part(claims(&json!({}))));
    let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, published.to_string().as_bytes());
    let confused =
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(ring::hmac::sign(&secret, signed.as_bytes())));
    assert_eq!(stand.refuses(&confused).await, algorithm("HS256"));
    // The key is for ES256, and for nothing else that a token may ask for.
    let unknown = TokenRefusal::UnknownKey("idp".into());
    assert_eq!(stand.refuses(&with_header(json!({"alg": "RS256", "kid": "one"}))).await, unknown);
    assert_eq!(stand.refuses(&with_header(json!({"alg": "PS256", "kid": "one"}))).await, algorithm("PS256"));
    assert_eq!(stand.refuses(&with_header(json!({"alg": "ES256", "kid": "two"}))).await, unknown);
    assert_eq!(stand.refuses(&Signer::new("one").token(&claims(&json!({})))).await, TokenRefusal::Signature);

    let changed = good.replacen('.', ".e", 1);
    assert!(matches!(stand.refuses(&changed).await, TokenRefusal::Malformed(_)));
    let (head, rest) = good.split_once('.').unwrap();
    let forged =
        format!("{head}.{}.{}", part(claims(&json!({"sub": "eve"}))), rest.split_once('.').unwrap().1);
    assert_eq!(stand.refuses(&forged).await, TokenRefusal::Signature);

    assert_eq!(stand.refuses(&with(json!({"exp": NOW - 61}))).await, TokenRefusal::Expired);
    assert!(stand.verifier.admit(&with(json!({"exp": NOW - 30}))).await.is_ok(), "clocks differ a little");
    assert_eq!(stand.refuses(&with(json!({"nbf": NOW + 61}))).await, TokenRefusal::NotYet);
    assert!(stand.verifier.admit(&with(json!({"nbf": NOW + 30}))).await.is_ok());
    for audience in [json!("other"), json!([]), json!(null), json!({"patou": 1}), json!(["pato"])] {
        assert_eq!(
            stand.refuses(&with(json!({"aud": audience}))).await,
            TokenRefusal::Audience,
            "{audience}"
        );
    }
    for issuer in [json!("https://idp.example/"), json!("https://evil.example"), json!(null), json!(1)] {
        assert_eq!(
            stand.refuses(&with(json!({"iss": issuer}))).await,
            TokenRefusal::UnknownIssuer,
            "{issuer}"
        );
    }
    let claim = |name: &str| TokenRefusal::Claim(name.into());
    for (others, name) in [
        (json!({"exp": null}), "exp"),
        (json!({"exp": "tomorrow"}), "exp"),
        (json!({"nbf": []}), "nbf"),
        (json!({"sub": null}), "sub"),
        (json!({"sub": "x".repeat(256)}), "sub"),
        (json!({"sub": " ada"}), "sub"),
        (json!({"groups": {"legal": true}}), "groups"),
        (json!({"groups": ["legal", 1]}), "groups"),
    ] {
        assert_eq!(stand.refuses(&with(others)).await, claim(name));
    }
    let crit = with_header(json!({"alg": "ES256", "kid": "one", "crit": ["b64"], "b64": false}));
    assert!(matches!(stand.refuses(&crit).await, TokenRefusal::Malformed(_)));
    assert_eq!(stand.refuses(&with(json!({"pad": "x".repeat(16 << 10)}))).await, TokenRefusal::TooLong);
    for shape in ["", ".", "..", "...", "a.b.c", "e30.e30.e30", "e30.e30"] {
        assert!(matches!(stand.refuses(shape).await, TokenRefusal::Malformed(_)), "{shape}");
    }
}

#[tokio::test]
async fn groups_that_are_elsewhere_let_nobody_in() {
    let signer = Signer::new("one");
    let stand = stand(spec(), &[signer.published()]);
    let overage =
        json!({"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://x"}}});
    assert_eq!(stand.refuses(&signer.token(&claims(&overage))).await, TokenRefusal::Overage);
    assert_eq!(
        stand.refuses(&signer.token(&claims(&json!({"hasgroups": true})))).await,
        TokenRefusal::Overage
    );
    // Where groups are not looked at, it does not matter.
    let other = json!({"_claim_names": {"photos": "src1"}});
    assert!(stand.verifier.admit(&signer.token(&claims(&other))).await.is_ok());
}

#[tokio::test]
async fn signatures_are_those_of_rfc_7515() {
    let rsa = json!({"kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"});
    let elliptic = json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
    let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let by_rsa = format!(
        "eyJhbGciOiJSUzI1NiJ9.{payload}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    );
    let by_curve = format!(
        "eyJhbGciOiJFUzI1NiJ9.{payload}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    );
    let joe = IssuerSpec { issuer: "joe".into(), ..spec() };
    let stand = stand(joe, &[json!({"kty": "oct", "k": "c2VjcmV0"}), rsa, elliptic]);
    for token in [by_rsa, by_curve] {
        // The signature is right, and there is no audience in them.
        assert_eq!(stand.refuses(&token).await, TokenRefusal::Audience);
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let first = if signature.starts_with('A') { "B" } else { "A" };
        let bent = format!("{signed}.{first}{}", &signature[1..]);
        assert_eq!(stand.refuses(&bent).await, TokenRefusal::Signature);
    }
}

#[tokio::test]
async fn invented_keys_cost_the_issuer_one_question() {
    let signer = Signer::new("one");
    let stand = stand(spec(), &[signer.published()]);
    let token = |name: &str| signer.signed(&json!({"alg": "ES256", "kid": name}), &claims(&json!({})));
    let tokens: Vec<String> = (0..100).map(|turn| token(&format!("invented-{turn}"))).collect();
    let asked = tokens.iter().map(|token| stand.verifier.admit(token));
    let refused = futures_util::future::join_all(asked).await;
    assert!(refused.iter().all(|refused| refused == &Err(TokenRefusal::UnknownKey("idp".into()))));
    assert_eq!(stand.fetches(), 1);
    stand.clock.advance_micros(10_000_000);
    stand.refuses(&token("another")).await;
    assert_eq!(stand.fetches(), 2);
}

#[tokio::test]
async fn keys_go_on_for_a_while_when_their_issuer_is_away() {
    let signer = Signer::new("one");
    let stand = stand(spec(), &[]);
    stand.publish(None);
    let lasting = claims(&json!({"exp": NOW + 1_000_000}));
    let away = TokenRefusal::KeysUnavailable("idp".into());
    for _ in 0..5 {
        assert_eq!(stand.refuses(&signer.token(&lasting)).await, away);
    }
    assert_eq!(stand.fetches(), 1, "it is not asked again at once");
    stand.clock.advance_micros(10_000_000);
    stand.publish(Some(&[signer.published()]));
    assert!(stand.verifier.admit(&signer.token(&lasting)).await.is_ok());
    stand.publish(None);
    stand.clock.advance_micros(20 * HOUR);
    assert!(stand.verifier.admit(&signer.token(&lasting)).await.is_ok(), "the keys are good still");
    let remembered = signer.token(&lasting);
    assert!(stand.verifier.admit(&remembered).await.is_ok());
    stand.clock.advance_micros(5 * HOUR);
    assert_eq!(stand.refuses(&remembered).await, away, "and then no more");
}

#[tokio::test]
async fn a_key_that_is_withdrawn_opens_nothing_more() {
    let (old, new) = (Signer::new("old"), Signer::new("new"));
    let stand = stand(spec(), &[old.published()]);
    let token = old.token(&claims(&json!({"exp": NOW + 100_000})));
    assert!(stand.verifier.admit(&token).await.is_ok());
    stand.publish(Some(&[new.published()]));
    stand.clock.advance_micros(HOUR);
    assert!(stand.verifier.admit(&token).await.is_ok(), "remembered, and nobody has asked the issuer");
    assert!(stand.verifier.admit(&new.token(&claims(&json!({"exp": NOW + 100_000})))).await.is_ok());
    stand.clock.advance_micros(10_000_000);
    assert_eq!(stand.refuses(&token).await, TokenRefusal::UnknownKey("idp".into()));
}

#[tokio::test]
async fn a_remembered_token_ends_when_it_says() {
    let signer = Signer::new("one");
    let stand = stand(spec(), &[signer.published()]);
    let token = signer.token(&claims(&json!({})));
    let first = stand.verifier.admit(&token).await.unwrap();
    assert!(Arc::ptr_eq(&first, &stand.verifier.admit(&token).await.unwrap()), "verified once");
    stand.clock.advance_micros(661 * MICROS_PER_SECOND);
    assert_eq!(stand.refuses(&token).await, TokenRefusal::Expired);
}

#[test]
fn a_key_and_a_token_together_may_what_both_may() {
    let key = |id: &str, roles: &[Role], team: Option<&str>, principal: &str| Key {
        id: id.into(),
        spec: KeySpec {
            team: team.map(str::to_owned),
            roles: roles.iter().copied().collect(),
            principals: [principal.parse().unwrap()].into(),
            ..KeySpec::default()
        },
        prefixes: Vec::new(),
        created_at: 0,
        expires_at: None,
        revoked_at: None,
    };
    let both = key("app", &[Role::Admin], None, "app:ci").with_token(&key(
        "token:idp:ada",
        &[Role::Ingest],
        Some("ml"),
        "user:ada",
    ));
    assert_eq!((both.id.as_str(), both.spec.team.as_deref()), ("app", Some("ml")));
    assert!(both.may(Role::Ingest) && !both.may(Role::Delete) && !both.may(Role::Admin));
    assert_eq!(both.reader(), Reader::Principals(["user:ada".parse().unwrap()].into()));
}

/// Texts that look like tokens more or less.
fn shapes() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        any::<Vec<u8>>().prop_map(|bytes| URL_SAFE_NO_PAD.encode(bytes)),
        prop::sample::select(vec![
            json!({"alg": "ES256", "kid": "one"}),
            json!({"alg": "RS256"}),
            json!({"alg": "none"}),
            json!({"alg": "EdDSA", "kid": 1}),
            claims(&json!({})),
            claims(&json!({"exp": f64::MAX, "nbf": -1e300, "groups": [[[]]]})),
            claims(&json!({"exp": i64::MAX, "nbf": i64::MIN})),
        ])
        .prop_map(|value| URL_SAFE_NO_PAD.encode(value.to_string())),
        ".*",
    ];
    prop::collection::vec(part, 0..5).prop_map(|parts| parts.join("."))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_was_not_signed_opens_anything(token in shapes()) {
        let stand = stand(spec(), &[Signer::new("one").published()]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        prop_assert!(runtime.block_on(stand.verifier.admit(&token)).is_err());
    }

    #[test]
    fn what_is_signed_may_say_anything(value in any::<i64>(), text in ".*", name in "exp|nbf|iat|aud|sub|groups") {
        let signer = Signer::new("one");
        let stand = stand(spec(), &[signer.published()]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        for odd in [json!(value), json!(text.clone()), json!([text]), json!(value as f64 * 1e200), json!({})] {
            let token = signer.token(&claims(&json!({name.as_str(): odd})));
            // It is let in or not; what it says does not bring anything down.
            let _ = runtime.block_on(stand.verifier.admit(&token));
        }
    }
}
