//! SharePoint drives, against a fake of Graph's documented wire.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use access::{PrivateText, Reader};
use outbound::{AddressPolicy, Outbound, OutboundOptions, Patience, Proxy};
use patou_rag::{Gone, GraphSource, IngestReport, IngestRequest, Source};
use provider::{GraphAccess, GraphCredentials};
use runtime::{Driver, Shutdown};
use serde_json::{Value, json};

use super::site::{Asked, Reply, Site};
use super::support::Bench;

/// What the fake holds: bodies by path and query.
#[derive(Clone, Default)]
struct Drive(Arc<Mutex<BTreeMap<String, (u16, Value)>>>);

impl Drive {
    fn says(&self, target: &str, body: Value) {
        self.0.lock().unwrap().insert(target.to_owned(), (200, body));
    }

    fn refuses(&self, target: &str, status: u16, code: &str) {
        self.0.lock().unwrap().insert(target.to_owned(), (status, json!({"error": {"code": code}})));
    }

    fn answer(&self, asked: &Asked, busy: &Mutex<u32>) -> Reply {
        let host = format!("http://{}", asked.headers["host"]);
        if asked.target == "/tenant/oauth2/v2.0/token" {
            let form = String::from_utf8_lossy(&asked.body).into_owned();
            assert!(
                form.contains("grant_type=client_credentials") && form.contains("client_secret=s%26cret"),
                "{form}"
            );
            return json_reply(200, &json!({"access_token": "fresh", "expires_in": 3599}), &host);
        }
        if asked.target.starts_with("/files/") {
            assert!(
                !asked.headers.contains_key("authorization") || asked.headers["host"].starts_with("127"),
                "{asked:?}"
            );
            return Reply::new(200, "text/plain", asked.target.trim_start_matches("/files/"));
        }
        assert_eq!(asked.headers["authorization"], "Bearer fresh");
        let mut busy = busy.lock().unwrap();
        if *busy > 0 {
            *busy -= 1;
            return json_reply(429, &json!({"error": {"code": "activityLimitReached"}}), &host)
                .with("retry-after", "0");
        }
        match self.0.lock().unwrap().get(&asked.target) {
            Some((302, location)) => Reply::new(302, "text/plain", "")
                .with("location", location["error"]["code"].as_str().unwrap()),
            Some((status, body)) => json_reply(*status, body, &host),
            None => json_reply(404, &json!({"error": {"code": "itemNotFound"}}), &host),
        }
    }

    fn file(&self, id: &str, (name, parent): (&str, &str), content: &str) -> Value {
        self.refuses(&format!("/v1.0/drives/d1/items/{id}/content"), 302, &format!("/files/{content}"));
        json!({"id": id, "name": name, "size": content.len(), "cTag": format!("c-{content}"), "eTag": "e",
               "file": {"mimeType": "text/markdown"}, "parentReference": {"id": parent}})
    }

    fn grants(&self, id: &str, who: &Value) {
        let body = json!({"value": [{"id": "1", "roles": ["read"], "grantedToV2": who},
            {"id": "2", "roles": ["read"], "link": {"scope": "anonymous", "type": "view"}}]});
        self.says(&format!("/v1.0/drives/d1/items/{id}/permissions"), body);
    }
}

fn json_reply(status: u16, body: &Value, host: &str) -> Reply {
    Reply::new(status, "application/json", body.to_string().replace("HOST", host))
}

async fn ingest(bench: &Bench, site: &Site) -> IngestReport {
    let options = OutboundOptions {
        addresses: AddressPolicy::AllowPrivate,
        proxy: Proxy::Direct,
        ..Default::default()
    };
    let credentials = GraphCredentials::Client {
        authority: site.url(""),
        tenant: "tenant".into(),
        client: "app".into(),
        secret: PrivateText::new("s&cret"),
    };
    let patience = Some(Patience { attempts: 3, wait_max: Duration::ZERO });
    let access = GraphAccess {
        client: Outbound::new(&options).unwrap(),
        endpoint: site.url(""),
        credentials,
        patience,
    };
    let text = "graph://contoso.sharepoint.com:team/Documents/Guides";
    let source = GraphSource::new(text, access, Driver::current().unwrap(), 1000).unwrap();
    let sources: Vec<Box<dyn Source>> = vec![Box::new(source)];
    let request = IngestRequest { collection: bench.name.clone(), sources, access: None, gone: Gone::Remove };
    bench.library.ingest(request, &|_| {}, &Shutdown::new()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drive_is_followed_by_its_changes() {
    let (drive, busy) = (Drive::default(), Arc::new(Mutex::new(2)));
    let (kept, is_busy) = (drive.clone(), Arc::clone(&busy));
    let site = Site::start(move |asked| kept.answer(asked, &is_busy)).await;
    drive.says("/v1.0/sites/contoso.sharepoint.com:/sites/team", json!({"id": "site,1", "name": "team"}));
    drive.says(
        "/v1.0/sites/site,1/drives",
        json!({"value": [{"id": "d0", "name": "Other"}, {"id": "d1", "name": "Documents"}]}),
    );
    let folder = |id: &str, name: &str, parent: &str| json!({"id": id, "name": name, "folder": {"childCount": 1}, "parentReference": {"id": parent}});
    let root = json!({"id": "r", "name": "root", "folder": {}, "root": {}});
    let (a, b) = (drive.file("a", ("a.md", "g"), "alpha"), drive.file("b", ("b.md", "s"), "beta"));
    let outside = drive.file("o", ("o.md", "r"), "outside");
    drive.says(
        "/v1.0/drives/d1/root/delta",
        json!({"value": [root, folder("g", "Guides", "r"), a],
        "@odata.nextLink": "HOST/v1.0/drives/d1/root/delta?token=2"}),
    );
    drive.says(
        "/v1.0/drives/d1/root/delta?token=2",
        json!({"value": [folder("s", "sub", "g"), b, outside],
        "@odata.deltaLink": "HOST/v1.0/drives/d1/root/delta?token=3"}),
    );
    drive.grants("a", &json!({"user": {"id": "7", "email": "Ada@Contoso.com"}}));
    drive.refuses("/v1.0/drives/d1/items/b/permissions", 403, "accessDenied");

    let bench = Bench::new().await;
    let report = ingest(&bench, &site).await;
    assert_eq!((report.added, report.failed.len(), report.problems), (2, 0, 1), "{report:?}");
    let reader = |name: &str| Reader::Principals([name.parse().unwrap()].into());
    let hits = bench.search_as("alpha", reader("user:ada@contoso.com")).await;
    assert_eq!(hits[0].found.source, "graph://contoso.sharepoint.com:team/Documents/Guides/a.md");
    assert_eq!(bench.search_as("alpha", Reader::Anonymous).await.len(), 0, "a link opens nothing");
    assert_eq!(bench.search("beta").await.iter().filter(|hit| hit.found.source.ends_with("b.md")).count(), 0);

    // Nothing changed: one request for the changes, and nothing else.
    site.requests();
    drive.says(
        "/v1.0/drives/d1/root/delta?token=3",
        json!({"value": [], "@odata.deltaLink": "HOST/v1.0/drives/d1/root/delta?token=4"}),
    );
    let report = ingest(&bench, &site).await;
    assert_eq!((report.unchanged, report.deleted), (0, 0), "{report:?}");
    assert_eq!(site.targets(), ["/tenant/oauth2/v2.0/token", "/v1.0/drives/d1/root/delta?token=3"]);

    // A folder gets another name and `b` lies elsewhere with it; `a` is deleted, and the deletion tells its id alone.
    drive.grants("b", &json!({"group": {"id": "g-9"}}));
    drive.says(
        "/v1.0/drives/d1/root/delta?token=4",
        json!({"value": [folder("s", "renamed", "g"), {"id": "a", "deleted": {"state": "deleted"}}],
        "@odata.deltaLink": "HOST/v1.0/drives/d1/root/delta?token=5"}),
    );
    let report = ingest(&bench, &site).await;
    assert_eq!((report.added, report.deleted), (1, 2), "{report:?}");
    let hits = bench.search_as("beta", reader("group:g-9")).await;
    assert_eq!(hits[0].found.source, "graph://contoso.sharepoint.com:team/Documents/Guides/renamed/b.md");

    // Its folder is shared with somebody else.
    drive.grants("b", &json!({"group": {"id": "g-8"}}));
    let shared = json!({"id": "s", "name": "renamed", "folder": {}, "parentReference": {"id": "g"}, "@microsoft.graph.sharedChanged": "True"});
    drive.says(
        "/v1.0/drives/d1/root/delta?token=5",
        json!({"value": [shared], "@odata.deltaLink": "HOST/v1.0/drives/d1/root/delta?token=6"}),
    );
    let report = ingest(&bench, &site).await;
    assert_eq!((report.updated, report.tokens_embedded), (1, 0), "{report:?}");
    assert_eq!(bench.search_as("beta", reader("group:g-9")).await.len(), 0);
    assert_eq!(bench.search_as("beta", reader("group:g-8")).await.len(), 1);

    // The link has run out: everything is listed anew, and what is the same is not read.
    drive.refuses("/v1.0/drives/d1/root/delta?token=6", 410, "resyncRequired");
    let (root, b) = (json!({"id": "r", "name": "root", "root": {}}), drive.file("b", ("b.md", "s"), "beta"));
    drive.says(
        "/v1.0/drives/d1/root/delta",
        json!({"value": [root, folder("g", "Guides", "r"), folder("s", "renamed", "g"), b],
        "@odata.deltaLink": "HOST/v1.0/drives/d1/root/delta?token=7"}),
    );
    site.requests();
    let report = ingest(&bench, &site).await;
    assert_eq!((report.unchanged, report.deleted), (1, 0), "{report:?}");
    assert!(site.targets().iter().all(|target| !target.starts_with("/files")), "nothing is read");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_graph_refuses_is_said_and_nothing_is_removed() {
    let (drive, busy) = (Drive::default(), Arc::new(Mutex::new(0)));
    let (kept, is_busy) = (drive.clone(), Arc::clone(&busy));
    let site = Site::start(move |asked| kept.answer(asked, &is_busy)).await;
    let bench = Bench::new().await;
    let report = ingest(&bench, &site).await;
    assert!(report.failed[0].error.contains("404, itemNotFound"), "{report:?}");
    *busy.lock().unwrap() = 99;
    let report = ingest(&bench, &site).await;
    assert!(report.failed[0].error.contains("429, activityLimitReached"), "{report:?}");
    *busy.lock().unwrap() = 0;
    drive.says("/v1.0/sites/contoso.sharepoint.com:/sites/team", json!({"id": "site,1"}));
    drive.says("/v1.0/sites/site,1/drives", json!({"value": [{"id": "d1", "name": "Documents"}]}));
    drive.says(
        "/v1.0/drives/d1/root/delta",
        json!({"value": [], "@odata.nextLink": "https://elsewhere.invalid/steal"}),
    );
    let report = ingest(&bench, &site).await;
    assert!(report.failed[0].error.contains("another host"), "{report:?}");
}
