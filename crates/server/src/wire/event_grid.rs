//! Event Grid's own schema and CloudEvents 1.0, as far as events of objects need them.

use platform::{BlobChange, BlobEvent};
use serde::Deserialize;
use serde_json::Value;

/// How many events one request holds.
const EVENTS_MAX: usize = 10_000;

/// What one event asks for.
#[derive(Debug, PartialEq)]
pub enum Delivery {
    /// A subscription asks whether it may send: the code is said back.
    Handshake(String),
    /// Something happened to objects; a renaming is two changes.
    Events(Vec<BlobEvent>),
    /// Something else, by its type.
    Other(String),
}

/// An event of either schema: Event Grid says `eventType` and `topic` where CloudEvents say `type` and `source`.
#[derive(Deserialize)]
struct Sent {
    #[serde(alias = "eventType", rename = "type")]
    kind: String,
    #[serde(alias = "topic", default)]
    source: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    data: Value,
}

/// Reads the body of a request: one event, or a list of them.
///
/// # Errors
///
/// What is wrong with it, in words.
pub fn deliveries(body: &[u8]) -> Result<Vec<Delivery>, String> {
    let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let sent = match body {
        Value::Array(sent) => sent,
        one => vec![one],
    };
    if sent.len() > EVENTS_MAX {
        return Err(format!("there are more than {EVENTS_MAX}"));
    }
    sent.into_iter()
        .map(|sent| serde_json::from_value(sent).map_err(|error| error.to_string()).map(delivery))
        .collect()
}

fn delivery(sent: Sent) -> Delivery {
    let kind = sent.kind.rsplit('.').next().unwrap_or_default();
    let events = match kind {
        "SubscriptionValidationEvent" => {
            return match sent.data["validationCode"].as_str() {
                Some(code) => Delivery::Handshake(code.to_owned()),
                None => Delivery::Other(sent.kind),
            };
        }
        "BlobCreated" => written(&sent, &sent.data["url"]).map(|event| vec![event]),
        "BlobDeleted" => removed(&sent, &sent.data["url"]).map(|event| vec![event]),
        "BlobRenamed" => removed(&sent, &sent.data["sourceUrl"])
            .and_then(|gone| Some(vec![gone, written(&sent, &sent.data["destinationUrl"])?])),
        _ => None,
    };
    events.map_or(Delivery::Other(sent.kind), Delivery::Events)
}

fn written(sent: &Sent, url: &Value) -> Option<BlobEvent> {
    let etag = sent.data["eTag"].as_str().map(|etag| etag.trim_matches('"').to_owned());
    event(sent, url, BlobChange::Written { etag })
}

fn removed(sent: &Sent, url: &Value) -> Option<BlobEvent> {
    event(sent, url, BlobChange::Removed)
}

/// The object that a URL or, without one, the event's subject names.
fn event(sent: &Sent, url: &Value, change: BlobChange) -> Option<BlobEvent> {
    let account = sent.source.rsplit_once("/storageAccounts/").map(|(_, account)| account);
    let (container, key) = match url.as_str() {
        Some(url) => {
            let path = url.split_once("://")?.1.split_once('/')?.1;
            // An emulator's URLs name the account first.
            let path =
                account.and_then(|account| path.strip_prefix(account)?.strip_prefix('/')).unwrap_or(path);
            path.split('?').next()?.split_once('/')?
        }
        None => sent.subject.split_once("/containers/")?.1.split_once("/blobs/")?,
    };
    let host = || url.as_str()?.split_once("://")?.1.split(['.', '/', ':']).next();
    Some(BlobEvent {
        account: account.or_else(host)?.to_owned(),
        container: container.to_owned(),
        key: if url.is_string() { unescaped(key)? } else { key.to_owned() },
        change,
        sequencer: sent.data["sequencer"].as_str().map(str::to_owned),
    })
}

/// A path without `%20` and its like; `None` where it is no text then.
fn unescaped(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        bytes.push(digit(rest.next()?)? << 4 | digit(rest.next()?)?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TOPIC: &str = "/subscriptions/1/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acc";

    fn read(body: Value) -> Vec<Delivery> {
        deliveries(body.to_string().as_bytes()).unwrap()
    }

    fn object(key: &str, change: BlobChange) -> BlobEvent {
        let (account, container) = ("acc".to_owned(), "box".to_owned());
        BlobEvent { account, container, key: key.into(), change, sequencer: Some("0A".into()) }
    }

    #[test]
    fn both_schemas_say_the_same() {
        let data = json!({"api": "PutBlockList", "eTag": "\"0x8D\"", "contentLength": 7, "sequencer": "0A",
            "url": "https://acc.blob.core.windows.net/box/a%20b/c.md"});
        let subject = "/blobServices/default/containers/box/blobs/a b/c.md";
        let own = json!([{"topic": TOPIC, "subject": subject, "eventType": "Microsoft.Storage.BlobCreated",
            "id": "1", "eventTime": "2026-01-01T00:00:00Z", "data": data, "dataVersion": "", "metadataVersion": "1"}]);
        let cloud = json!({"specversion": "1.0", "source": TOPIC, "subject": subject, "id": "1",
            "type": "Microsoft.Storage.BlobCreated", "time": "2026-01-01T00:00:00Z", "data": data});
        let wanted = BlobChange::Written { etag: Some("0x8D".into()) };
        assert_eq!(read(own), [Delivery::Events(vec![object("a b/c.md", wanted.clone())])]);
        assert_eq!(read(cloud), [Delivery::Events(vec![object("a b/c.md", wanted)])]);
    }

    #[test]
    fn removals_and_renamings() {
        let removed = json!([{"topic": TOPIC, "subject": "/blobServices/default/containers/box/blobs/a.md",
            "eventType": "Microsoft.Storage.BlobDeleted", "data": {"sequencer": "0A"}}]);
        assert_eq!(read(removed), [Delivery::Events(vec![object("a.md", BlobChange::Removed)])]);
        let renamed = json!([{"topic": TOPIC, "subject": "", "eventType": "Microsoft.Storage.BlobRenamed",
            "data": {"sequencer": "0A", "sourceUrl": "https://acc.dfs.core.windows.net/box/a.md",
                     "destinationUrl": "https://acc.dfs.core.windows.net/box/b.md"}}]);
        let new = object("b.md", BlobChange::Written { etag: None });
        assert_eq!(read(renamed), [Delivery::Events(vec![object("a.md", BlobChange::Removed), new])]);
    }

    #[test]
    fn what_is_not_about_objects() {
        let handshake = json!([{"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "topic": TOPIC,
            "subject": "", "data": {"validationCode": "512d38b6"}}]);
        assert_eq!(read(handshake), [Delivery::Handshake("512d38b6".into())]);
        let other = json!([{"eventType": "Microsoft.Storage.DirectoryCreated", "data": {}}]);
        assert_eq!(read(other), [Delivery::Other("Microsoft.Storage.DirectoryCreated".into())]);
        let odd = json!([{"eventType": "Microsoft.Storage.BlobCreated", "data": {"url": "https://acc/%zz"}}]);
        assert!(matches!(read(odd)[0], Delivery::Other(_)));
        assert!(deliveries(b"[{}]").is_err() && deliveries(b"no").is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_url_is_read(url: String) {
            let _ = read(json!({"type": "x.BlobCreated", "source": TOPIC, "data": {"url": url}}));
        }
    }
}
