//! What is on the wire, told by a server of a few lines.

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::AddressPolicy;

fn origin(address: SocketAddr) -> Origin {
    origin_with(address, false)
}

fn origin_with(address: SocketAddr, has_spare: bool) -> Origin {
    let options = OutboundOptions {
        addresses: AddressPolicy::AllowPrivate,
        proxy: Proxy::Direct,
        has_spare,
        ..OutboundOptions::default()
    };
    Origin::new(&format!("http://{address}/v1/"), &options).unwrap()
}

fn ask(path: &str) -> Request<'_> {
    Request { url: path, body: Some(Bytes::from_static(b"{}")), ..Request::default() }
}

/// Reads a request's head and its body of two bytes.
async fn heard(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"{}") {
        let mut piece = [0; 1024];
        let count = stream.read(&mut piece).await.unwrap();
        if count == 0 {
            break;
        }
        text.extend_from_slice(&piece[..count]);
    }
    String::from_utf8(text).unwrap()
}

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nretry-after: 7\r\n\r\nhello";

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = origin(listener.local_addr().unwrap());
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut requests = Vec::new();
        for _ in 0..3 {
            requests.push(heard(&mut stream).await);
            stream.write_all(ANSWER).await.unwrap();
        }
        requests
    };
    let client = async {
        for _ in 0..3 {
            let answer = origin.send(ask("/chat?x=1")).await.unwrap();
            assert_eq!((answer.status, answer.retry_after_s), (200, Some(7)));
            assert_eq!(answer.bytes(10).await.unwrap(), "hello");
        }
    };
    let (requests, ()) = tokio::join!(server, client);
    assert!(requests[2].starts_with("POST /v1/chat?x=1 HTTP/1.1\r\nhost: 127.0.0.1:"), "{}", requests[2]);
}

#[tokio::test]
async fn a_spare_connection_waits_for_the_next_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = origin_with(listener.local_addr().unwrap(), true);
    let (first_is_here, wait) = tokio::sync::oneshot::channel::<()>();
    let server = async {
        let (mut first, _) = listener.accept().await.unwrap();
        heard(&mut first).await;
        first.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nh").await.unwrap();
        let (mut spare, _) = listener.accept().await.unwrap();
        first_is_here.send(()).unwrap();
        let request = heard(&mut spare).await;
        spare.write_all(ANSWER).await.unwrap();
        let (other, _) = listener.accept().await.unwrap();
        drop(other);
        request
    };
    let client = async {
        let answer = origin.send(ask("/one")).await.unwrap();
        wait.await.unwrap();
        let other = origin.send(ask("/two")).await.unwrap();
        assert_eq!(other.bytes(10).await.unwrap(), "hello");
        drop(answer);
    };
    let (request, ()) = tokio::join!(server, client);
    assert!(request.starts_with("POST /v1/two "), "{request}");
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_not_used_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = origin(listener.local_addr().unwrap());
    for _ in 0..3 {
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            heard(&mut stream).await;
            stream.write_all(ANSWER).await.unwrap();
        };
        let client = async { origin.send(ask("/chat")).await.unwrap().bytes(10).await.unwrap() };
        let ((), body) = tokio::join!(server, client);
        assert_eq!(body, "hello");
    }
}

#[tokio::test]
async fn leaving_an_answer_closes_its_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = origin(listener.local_addr().unwrap());
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        heard(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhel").await.unwrap();
        heard(&mut stream).await
    };
    let client = async {
        let mut answer = origin.send(ask("/chat")).await.unwrap();
        let first = futures_util::StreamExt::next(&mut answer.body).await.unwrap().unwrap();
        assert_eq!(first, "hel");
    };
    let (rest, ()) = tokio::join!(server, client);
    assert_eq!(rest, "");
}

#[tokio::test]
async fn what_breaks_is_told_apart_from_what_never_was() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let origin = origin(address);
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        heard(&mut stream).await;
        drop(stream);
        let (mut stream, _) = listener.accept().await.unwrap();
        heard(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhel").await.unwrap();
    };
    let client = async {
        let before = origin.send(ask("/chat")).await.err().unwrap();
        assert!(matches!(before, OutboundError::Broken { .. }), "{before:?}");
        let within = origin.send(ask("/chat")).await.unwrap().bytes(99).await.unwrap_err();
        assert!(matches!(within, OutboundError::Broken { .. }), "{within:?}");
    };
    tokio::join!(server, client);
    drop(listener);
    let gone = origin.send(ask("/chat")).await.err().unwrap();
    assert!(matches!(gone, OutboundError::Unreachable { .. }), "{gone:?}");
}

#[test]
fn the_policy_holds() {
    let refused = Origin::new("http://127.0.0.1:9/", &OutboundOptions::default()).unwrap_err();
    assert!(matches!(refused, OutboundError::Refused { .. }), "{refused:?}");
    assert!(matches!(Origin::new("ftp://a/", &OutboundOptions::default()), Err(OutboundError::Url(_))));
}
