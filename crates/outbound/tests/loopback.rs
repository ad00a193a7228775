//! The client against a server on loopback.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::Mutex;
use std::time::Duration;

use patou_outbound::{AddressPolicy, Outbound, OutboundError, OutboundOptions, Patience, Proxy, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\netag: \"1\"\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nhello";

fn client(addresses: AddressPolicy) -> Outbound {
    Outbound::new(&OutboundOptions { addresses, proxy: Proxy::Direct, ..Default::default() }).unwrap()
}

/// Answers each of the connections with the next of `answers`; `PORT` in them is the server's own. Returns the
/// port; the first lines of requests go to `seen`.
async fn serve(answers: &[&str]) -> (u16, std::sync::Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answers: Vec<_> = answers.iter().map(|answer| answer.replace("PORT", &port.to_string())).collect();
    let seen = std::sync::Arc::new(Mutex::new(Vec::new()));
    let kept = seen.clone();
    let mut server = tokio::task::JoinSet::new();
    server.spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap();
            let line =
                String::from_utf8_lossy(&request[..length]).lines().next().unwrap_or_default().to_owned();
            kept.lock().unwrap().push(line);
            stream.write_all(answer.as_bytes()).await.unwrap();
            if answer.ends_with("...") {
                std::future::pending::<()>().await;
            }
        }
    });
    server.detach_all();
    (port, seen)
}

#[tokio::test]
async fn a_body_is_fetched_and_streamed() {
    let (port, _) = serve(&[HELLO, HELLO]).await;
    let client = client(AddressPolicy::AllowPrivate);
    let url = format!("http://127.0.0.1:{port}/a");
    let fetched = client.fetch(&url, 5).await.unwrap();
    assert_eq!(fetched.bytes, b"hello");
    assert_eq!(
        (fetched.etag.as_deref(), fetched.content_type.as_deref()),
        (Some("\"1\""), Some("text/plain"))
    );

    let mut body = Vec::new();
    let steps = Mutex::new(Vec::new());
    let told = |received, total| steps.lock().unwrap().push((received, total));
    assert_eq!(client.download(&url, &mut body, &told).await.unwrap(), 5);
    assert_eq!(body, b"hello");
    assert_eq!(steps.lock().unwrap().last(), Some(&(5, Some(5))));
}

#[tokio::test]
async fn private_addresses_are_refused() {
    let client = client(AddressPolicy::PublicOnly);
    for url in
        ["http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/", "http://169.254.169.254/latest"]
    {
        let refused = client.fetch(url, 1).await.unwrap_err();
        assert!(matches!(refused, OutboundError::Refused { .. }), "{url}: {refused:?}");
    }
}

#[tokio::test]
async fn redirects_are_followed_and_judged() {
    let moved = "HTTP/1.1 302 Found\r\nlocation: http://localhost:PORT/b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (port, _) = serve(&[moved, HELLO]).await;
    let fetched =
        client(AddressPolicy::AllowPrivate).fetch(&format!("http://127.0.0.1:{port}/a"), 9).await.unwrap();
    assert_eq!(fetched.url, format!("http://localhost:{port}/b"));

    // The proxy stands on loopback, which is fine; what it redirects to does not pass.
    let metadata = "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/keys\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (port, seen) = serve(&[metadata, HELLO]).await;
    let proxy = Proxy::Url(format!("http://localhost:{port}"));
    let client = Outbound::new(&OutboundOptions { proxy, ..Default::default() }).unwrap();
    let refused = client.fetch("http://example.org/a?key=secret", 9).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "refused to request `http://example.org/a`: `169.254.169.254` is at a private or reserved address"
    );
    assert_eq!(*seen.lock().unwrap(), ["GET http://example.org/a?key=secret HTTP/1.1"]);
}

#[tokio::test]
async fn redirects_to_private_addresses_are_refused() {
    let proxied = |location: &str| {
        format!(
            "HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        )
    };
    for location in [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::1]/",
        "http://169.254.169.254/metadata/instance",
        "http://[fd00:ec2::254]/",
        "//10.0.0.1/",
    ] {
        let (port, seen) = serve(&[&proxied(location), HELLO]).await;
        let proxy = Proxy::Url(format!("http://127.0.0.1:{port}"));
        let client = Outbound::new(&OutboundOptions { proxy, ..Default::default() }).unwrap();
        let sent = client.send(Request { url: "http://example.org/a", ..Default::default() }).await;
        if location.contains("localhost") {
            // Behind a proxy names are the proxy's to resolve.
            assert!(sent.is_ok());
            continue;
        }
        assert!(matches!(sent.err(), Some(OutboundError::Refused { .. })), "{location}");
        assert_eq!(seen.lock().unwrap().len(), 1, "{location} was requested");
    }
}

#[tokio::test]
async fn a_busy_service_is_asked_again() {
    let busy =
        "HTTP/1.1 429 Too Many Requests\r\nretry-after: 0\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let client = client(AddressPolicy::AllowPrivate);
    let patience = Patience { attempts: 3, wait_max: Duration::ZERO };
    for (answers, status) in [(vec![busy, busy, HELLO], 200), (vec![busy, busy, busy], 429)] {
        let (port, seen) = serve(&answers).await;
        let url = format!("http://127.0.0.1:{port}/");
        let sent =
            client.send_patiently(Request { url: &url, ..Default::default() }, patience).await.unwrap();
        assert_eq!((sent.status, seen.lock().unwrap().len()), (status, 3));
    }
}

#[tokio::test]
async fn failures_say_what_happened() {
    let missing = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let silent = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n...";
    let (port, _) = serve(&[missing, HELLO, silent]).await;
    let client = client(AddressPolicy::AllowPrivate);
    let url = format!("http://user:pass@127.0.0.1:{port}/a?q");
    let shown = format!("http://127.0.0.1:{port}/a");
    assert_eq!(client.fetch(&url, 9).await.unwrap_err().to_string(), format!("`{shown}` answered 404"));
    let large = client.fetch(&url, 4).await.unwrap_err();
    assert_eq!(large.to_string(), format!("`{shown}` is larger than 4 bytes"));
    let impatient = OutboundOptions {
        addresses: AddressPolicy::AllowPrivate,
        proxy: Proxy::Direct,
        read_timeout: Duration::from_millis(50),
        ..Default::default()
    };
    let late = Outbound::new(&impatient).unwrap().fetch(&url, 9).await.unwrap_err();
    assert_eq!(late.to_string(), format!("`{shown}` did not answer in time"));
    let none = client.fetch("ftp://example.org", 9).await.unwrap_err();
    assert_eq!(none.to_string(), "`ftp://example.org` is not an http or https URL");
}
