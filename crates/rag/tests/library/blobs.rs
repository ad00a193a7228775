//! Object stores: Azurite where it is installed, and a fake that speaks S3's documented wire.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use outbound::{AddressPolicy, Outbound, OutboundOptions, Proxy};
use patou_rag::{BlobAddress, BlobEvents, BlobSource, Gone, IngestReport, IngestRequest, Source};
use provider::BlobAccess;
use runtime::{Driver, Shutdown};
use testkit::Azurite;

use super::site::{Reply, Site};
use super::support::Bench;

fn client(addresses: AddressPolicy) -> Outbound {
    Outbound::new(&OutboundOptions { addresses, proxy: Proxy::Direct, ..Default::default() }).unwrap()
}

fn access(addresses: AddressPolicy, variables: &[(&str, &str)]) -> BlobAccess {
    let variables: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let variable = Arc::new(move |name: &str| variables.get(name).cloned());
    BlobAccess { client: client(addresses), variable, bytes_max: 100 }
}

async fn ingest(bench: &Bench, place: (&str, &BlobAccess), events: Option<BlobEvents>) -> IngestReport {
    let address = BlobAddress::parse(place.0).unwrap();
    let source = BlobSource::new(address, place.1, Driver::current().unwrap(), events).unwrap();
    let sources: Vec<Box<dyn Source>> = vec![Box::new(source)];
    let request = IngestRequest { collection: bench.name.clone(), sources, access: None, gone: Gone::Remove };
    bench.library.ingest(request, &|_| {}, &Shutdown::new()).await.unwrap()
}

type Objects = Arc<Mutex<BTreeMap<String, String>>>;

/// A bucket as `ListObjectsV2` and `GetObject` show it, two names a page.
async fn bucket(objects: Objects) -> Site {
    Site::start(move |asked| {
        let objects = objects.lock().unwrap();
        let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
        if !asked.headers.get("authorization").is_some_and(|given| given.contains("Credential=id/")) {
            return Reply::new(403, "application/xml", "<Error><Code>AccessDenied</Code></Error>");
        }
        if !query.contains("list-type=2") {
            let Some(text) = objects.get(&path.trim_start_matches("/bucket/").replace("%20", " ")) else {
                return Reply::missing();
            };
            let etag = format!("\"{}\"", text.len());
            let reply = Reply::new(200, "text/plain", text.clone()).with("etag", &etag);
            return reply.with("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT");
        }
        let token = query.split('&').find_map(|part| part.strip_prefix("continuation-token="));
        let after = token.map(|token| token.replace("%2F", "/")).unwrap_or_default();
        let below: Vec<_> =
            objects.iter().filter(|(key, _)| key.starts_with("docs/") && **key > after).collect();
        let shown = below.iter().take(2).map(|(key, text)| {
            format!(
                "<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>\
                 <ETag>\"{}\"</ETag><Size>{}</Size></Contents>",
                text.len(),
                text.len()
            )
        });
        let shown: String = shown.collect();
        let more = below.len() > 2;
        let next = if more {
            format!("<NextContinuationToken>{}</NextContinuationToken>", below[1].0)
        } else {
            String::new()
        };
        let list =
            format!("<ListBucketResult><IsTruncated>{more}</IsTruncated>{next}{shown}</ListBucketResult>");
        Reply::new(200, "application/xml", list)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_did_not_change_costs_a_listing() {
    let objects: Objects = Arc::default();
    let put = |key: &str, text: &str| drop(objects.lock().unwrap().insert(key.into(), text.into()));
    for (key, text) in [
        ("docs/a.md", "alpha"),
        ("docs/b c.md", "beta!!"),
        ("docs/c.md", "gamma"),
        ("x.md", "x"),
        ("docs/big.md", &"x".repeat(101)),
    ] {
        put(key, text);
    }
    let site = bucket(Arc::clone(&objects)).await;
    let endpoint = site.url("");
    let variables = [
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
    ];
    let allowed = access(AddressPolicy::AllowPrivate, &variables);
    let bench = Bench::new().await;
    let place = ("s3://bucket/docs", &allowed);
    let report = ingest(&bench, place, None).await;
    assert_eq!((report.added, report.failed.len()), (3, 1), "{report:?}");
    assert!(report.failed[0].error.contains("101 bytes"), "{report:?}");
    assert_eq!(bench.search("alpha").await[0].found.source, "s3://bucket/docs/a.md");
    site.requests();

    objects.lock().unwrap().remove("docs/big.md");
    let report = ingest(&bench, place, None).await;
    assert_eq!((report.unchanged, report.deleted), (3, 0), "{report:?}");
    let asked = site.targets();
    assert!(asked.iter().all(|target| target.contains("list-type=2")), "nothing is read: {asked:?}");

    put("docs/a.md", "alpha two");
    objects.lock().unwrap().remove("docs/c.md");
    let report = ingest(&bench, place, None).await;
    assert_eq!((report.updated, report.unchanged, report.deleted), (1, 1, 1), "{report:?}");

    let events = BlobEvents { changed: vec![("docs/d.md".into(), None)], gone: vec!["docs/a.md".into()] };
    put("docs/d.md", "delta");
    site.requests();
    let report = ingest(&bench, place, Some(events)).await;
    assert_eq!((report.added, report.deleted, report.failed.len()), (1, 1, 0), "{report:?}");
    assert_eq!(site.targets(), ["/bucket/docs/d.md"], "events need no listing");

    let other = access(
        AddressPolicy::AllowPrivate,
        &[("AWS_ACCESS_KEY_ID", "other"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_ENDPOINT_URL", &endpoint)],
    );
    let report = ingest(&bench, ("s3://bucket/docs", &other), None).await;
    assert!(report.failed[0].error.contains("refused the credentials"), "{report:?}");
    assert_eq!(report.deleted, 0);
    site.requests();
    let refused = access(AddressPolicy::PublicOnly, &variables);
    let report = ingest(&bench, ("s3://bucket/docs", &refused), None).await;
    assert!(report.failed[0].error.contains("private or reserved"), "{report:?}");
    assert!(site.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_is_listed_read_and_followed() {
    let Some(azurite) = Azurite::start() else { return };
    azurite.make("box");
    for (key, text) in [
        ("box/docs/a.md", "alpha"),
        ("box/docs/sub/b%20c.md", "beta"),
        ("box/other.md", "x"),
        ("box/docs/.hidden", "h"),
    ] {
        azurite.put(key, text);
    }
    let bench = Bench::new().await;
    let by_key = access(
        AddressPolicy::AllowPrivate,
        &[("AZURE_STORAGE_KEY", Azurite::KEY), ("AZURE_STORAGE_ENDPOINT", &azurite.url())],
    );
    let place = ("az://devstoreaccount1/box/docs", &by_key);
    let report = ingest(&bench, place, None).await;
    assert_eq!((report.added, report.failed.len()), (2, 0), "{report:?}");
    assert_eq!(bench.search("beta").await[0].found.source, "az://devstoreaccount1/box/docs/sub/b c.md");
    let report = ingest(&bench, place, None).await;
    assert_eq!((report.unchanged, report.updated), (2, 0), "{report:?}");

    azurite.put("box/docs/a.md", "alpha two");
    azurite.delete("box/docs/sub/b%20c.md");
    let by_signature = access(
        AddressPolicy::AllowPrivate,
        &[("AZURE_STORAGE_SAS_TOKEN", Azurite::SIGNATURE), ("AZURE_STORAGE_ENDPOINT", &azurite.url())],
    );
    let report = ingest(&bench, ("az://devstoreaccount1/box/docs", &by_signature), None).await;
    assert_eq!((report.updated, report.deleted), (1, 1), "{report:?}");

    let events = BlobEvents { changed: vec![("docs/a.md".into(), Some("other".into()))], gone: Vec::new() };
    let report = ingest(&bench, place, Some(events)).await;
    assert_eq!((report.unchanged, report.failed.len()), (1, 0), "the bytes are the same: {report:?}");
    let report = ingest(&bench, ("az://devstoreaccount1/no-such-box", &by_key), None).await;
    assert_eq!((report.failed.len(), report.deleted), (1, 0), "{report:?}");
}
