//! Object stores through the binary: Azurite is ingested, and the events of Event Grid keep the collection up to date.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests, with functions of their own")]

use serde_json::{Value, json};
use testkit::{Azurite, Http, Patou, Served};

const TOPIC: &str =
    "/subscriptions/1/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/devstoreaccount1";
const EVENTS: &str = "POST /api/v1/collections/docs/events";
const PLACE: &str = "az://devstoreaccount1/box/docs";

struct Setting {
    azurite: Azurite,
    patou: Patou,
}

impl Setting {
    fn new() -> Option<Self> {
        let models = testkit::models()?;
        let azurite = Azurite::start()?;
        azurite.make("box");
        azurite.put("box/docs/pears.md", "# Pears\n\nThe orchard gave many pears.");
        azurite.put("box/docs/plums.md", "# Plums\n\nThe plums were few.");
        Some(Self { azurite, patou: Patou::new(env!("CARGO_BIN_EXE_patou"), Some(&models)).online() })
    }

    fn variables(&self) -> [(&'static str, String); 3] {
        [
            ("AZURE_STORAGE_KEY", Azurite::KEY.to_owned()),
            ("AZURE_STORAGE_ENDPOINT", self.azurite.url()),
            ("PATOU_SOURCES_ALLOW_PRIVATE", "true".to_owned()),
        ]
    }

    /// What an ingest reports.
    fn ingest(&self, more: &[&str]) -> Value {
        let mut command = self.patou.command(&["ingest", PLACE, "--json"]);
        let output = command.args(more).envs(self.variables()).output().unwrap();
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    }

    fn serve(&self) -> Served {
        let variables = self.variables();
        let mut variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        variables.push(("PATOU_SERVER_AUTH", "keys"));
        self.patou.serve(&variables)
    }

    fn key(&self, roles: &[&str]) -> String {
        let roles: Vec<&str> = roles.iter().flat_map(|role| ["--role", role]).collect();
        let made = self.patou.json(0, &[&["key", "create", "events"], &roles[..]].concat());
        made["secret"].as_str().unwrap().to_owned()
    }
}

fn send(http: &Http, key: &str, events: &Value) -> (u16, Value) {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let response = http.send(EVENTS, &headers, events.to_string().as_bytes());
    (response.status, response.json())
}

fn event(kind: &str, name: &str, sequencer: &str) -> Value {
    json!({"topic": TOPIC, "subject": format!("/blobServices/default/containers/box/blobs/docs/{name}"),
        "eventType": format!("Microsoft.Storage.{kind}"), "id": sequencer, "eventTime": "2026-01-01T00:00:00Z",
        "data": {"api": "PutBlob", "eTag": format!("0x{sequencer}"), "contentType": "text/plain",
            "url": format!("https://devstoreaccount1.blob.core.windows.net/box/docs/{name}"),
            "sequencer": sequencer},
        "dataVersion": "", "metadataVersion": "1"})
}

#[test]
fn a_container_is_ingested_and_events_keep_it_up_to_date() {
    let Some(setting) = Setting::new() else { return };
    let report = setting.ingest(&[]);
    assert_eq!(
        (report["added"].as_u64(), report["failed"].as_array().map(Vec::len)),
        (Some(2), Some(0)),
        "{report}"
    );
    assert_eq!(setting.ingest(&[])["unchanged"], 2);
    setting.azurite.delete("box/docs/plums.md");
    assert_eq!(setting.ingest(&["--sync"])["deleted"], 1);

    let both = setting.key(&["ingest", "delete"]);
    let writes = setting.key(&["ingest"]);
    let served = setting.serve();
    let http = &served.http;

    let code = json!([{"id": "1", "topic": TOPIC, "subject": "", "data": {"validationCode": "512d38b6"},
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "eventTime": "2026-01-01T00:00:00Z",
        "dataVersion": "1", "metadataVersion": "1"}]);
    assert_eq!(send(http, &both, &code), (200, json!({"validationResponse": "512d38b6"})));
    assert_eq!(send(http, "", &code).0, 200);
    let (code, sent) = (code[0].clone(), event("BlobCreated", "pears.md", "0000000000000001"));
    assert_eq!(send(http, "patou-no-such-key", &json!([code, sent])).0, 401);
    let asks = [("webhook-request-origin", "eventgrid.azure.net")];
    let allowed = http.send("OPTIONS /api/v1/collections/docs/events", &asks, b"");
    assert_eq!(
        (allowed.status, allowed.header("webhook-allowed-origin")),
        (200, Some("eventgrid.azure.net"))
    );

    setting.azurite.put("box/docs/quinces.md", "# Quinces\n\nQuinces came late.");
    let written = json!([
        event("BlobCreated", "quinces.md", "0000000000000001"),
        event("BlobCreated", "no/such.md", "0000000000000001")
    ]);
    let (status, carried) = send(http, &writes, &written);
    assert_eq!(
        (status, &carried["applied"], &carried["ingest"]["added"]),
        (200, &json!(2), &json!(1)),
        "{carried}"
    );
    assert_eq!(carried["ingest"]["failed"].as_array().map(Vec::len), Some(1), "{carried}");
    // The same event again changes nothing, and one that came before neither.
    let again = json!([event("BlobCreated", "quinces.md", "0000000000000001")]);
    let (_, carried) = send(http, &writes, &again);
    assert_eq!((&carried["applied"], &carried["outdated"]), (&json!(0), &json!(1)), "{carried}");
    // Elsewhere, nothing is asked for.
    let mut elsewhere = event("BlobCreated", "x.md", "0000000000000001");
    elsewhere["data"]["url"] = json!("https://devstoreaccount1.blob.core.windows.net/other/x.md");
    let (_, carried) = send(http, &writes, &json!([elsewhere]));
    assert_eq!(
        (&carried["applied"], carried["ignored"].as_array().map(Vec::len)),
        (&json!(0), Some(1)),
        "{carried}"
    );

    let gone = json!([event("BlobDeleted", "pears.md", "0000000000000002")]);
    assert_eq!(send(http, &writes, &gone).0, 403);
    let (_, carried) = send(http, &both, &gone);
    assert_eq!((&carried["applied"], &carried["ingest"]["deleted"]), (&json!(1), &json!(1)), "{carried}");
    assert_eq!(send(http, &both, &gone).1["outdated"], 1);
    assert_eq!(send(http, &both, &json!("no events")).0, 400);
    drop(served);
    let listed = setting.patou.json(0, &["documents", "list"]);
    let sources: Vec<&str> =
        listed["documents"].as_array().unwrap().iter().map(|own| own["source"].as_str().unwrap()).collect();
    assert_eq!(sources, ["az://devstoreaccount1/box/docs/quinces.md"]);
}

#[test]
fn an_address_that_names_no_container_is_wrong_use() {
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    let offline = patou.fails(2, &["ingest", PLACE]);
    assert!(offline.contains("nothing may be fetched"), "{offline}");
    let error = patou.online().fails(2, &["ingest", "az://account"]);
    assert!(error.contains("az://ACCOUNT/CONTAINER/PREFIX"), "{error}");
}
