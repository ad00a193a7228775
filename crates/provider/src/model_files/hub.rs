//! The model's files from the Hugging Face hub, or from a mirror that speaks as it does.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use outbound::{AddressPolicy, Outbound, OutboundOptions};

use super::FILES;
use super::pull::{PullEvent, Tell};

const PUBLIC: &str = "https://huggingface.co";
const REPOSITORY: &str = "sentence-transformers/all-MiniLM-L6-v2";

/// A network that lets nothing through is told by this, so that the next source is tried soon.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
const READ_TIMEOUT: Duration = Duration::from_secs(20);

/// Fetches every file into `folder`. On failure says what the hub answered.
pub(super) async fn fetch(endpoint: Option<&str>, folder: &Path, tell: Tell<'_>) -> Result<(), String> {
    let endpoint = endpoint.unwrap_or(PUBLIC).trim_end_matches('/');
    // A mirror that an operator named may stand on a private network.
    let addresses = if endpoint == PUBLIC { AddressPolicy::PublicOnly } else { AddressPolicy::AllowPrivate };
    let options = OutboundOptions {
        addresses,
        connect_timeout: CONNECT_TIMEOUT,
        read_timeout: READ_TIMEOUT,
        ..OutboundOptions::default()
    };
    let client = Outbound::new(&options).map_err(|error| chain(&error))?;
    tell(PullEvent::Source(endpoint.to_owned()));
    for file in &FILES {
        let url = format!("{endpoint}/{REPOSITORY}/resolve/main/{}", file.name);
        let told = |received, total| tell(PullEvent::File { name: file.name, received, total });
        let mut into =
            tokio::fs::File::create(folder.join(file.name)).await.map_err(|error| chain(&error))?;
        client.download(&url, &mut into, &told).await.map_err(|error| chain(&error))?;
    }
    Ok(())
}

/// An error and what lies beneath it, on one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn files_come_from_a_mirror() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/", listener.local_addr().unwrap());
        let mirror = async {
            let mut asked = Vec::new();
            for _ in &FILES {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 4096];
                let length = stream.read(&mut request).await.unwrap();
                asked.push(String::from_utf8_lossy(&request[..length]).lines().next().unwrap().to_owned());
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc";
                stream.write_all(answer).await.unwrap();
            }
            asked
        };
        let folder = tempfile::tempdir().unwrap();
        let events = Mutex::new(Vec::new());
        let tell = |event| events.lock().unwrap().push(event);
        let (asked, fetched) = tokio::join!(mirror, fetch(Some(&endpoint), folder.path(), &tell));
        fetched.unwrap();
        let path = "/sentence-transformers/all-MiniLM-L6-v2/resolve/main/tokenizer.json";
        assert_eq!(asked[0], format!("GET {path} HTTP/1.1"));
        for file in &FILES {
            let kept = tokio::fs::read_to_string(folder.path().join(file.name)).await.unwrap();
            assert_eq!(kept, "abc");
            let last = PullEvent::File { name: file.name, received: 3, total: Some(3) };
            assert!(events.lock().unwrap().contains(&last));
        }
    }
}
