//! A client that shows what is on the wire, a piece at a time.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// No answer takes so long in a test that works.
const PATIENCE: Duration = Duration::from_secs(60);

/// Speaks HTTP/1.1 to one server, one connection a request.
#[derive(Clone, Copy, Debug)]
pub struct Http {
    /// The server.
    pub address: SocketAddr,
}

/// A response whose body is still on its way. Dropping it closes the connection.
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    body: BufReader<Body>,
}

/// An event of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its data.
    pub data: String,
}

impl Event {
    /// Its data as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or(Value::Null)
    }
}

impl Http {
    /// Sends a request such as `GET /health` and gives the response as soon as its head is here.
    pub fn send(&self, what: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        match self.try_send(what, headers, body) {
            Ok(response) => response,
            Err(error) => panic!("{what}: {error}"),
        }
    }

    /// As [`Http::send`], for servers that may be gone.
    ///
    /// # Errors
    ///
    /// What the network says.
    pub fn try_send(&self, what: &str, headers: &[(&str, &str)], body: &[u8]) -> std::io::Result<Response> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let mut head = format!("{what} HTTP/1.1\r\n");
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            head.push_str(&format!("host: {}\r\n", self.address));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()));
        stream.write_all(head.as_bytes())?;
        // A server that refuses a body may close before it has read all of it.
        let _ = stream.write_all(body);
        Response::read(stream)
    }

    /// Gets a path.
    pub fn get(&self, path: &str) -> Response {
        self.send(&format!("GET {path}"), &[], b"")
    }

    /// Posts JSON.
    pub fn post(&self, path: &str, body: &Value) -> Response {
        self.send(
            &format!("POST {path}"),
            &[("content-type", "application/json")],
            body.to_string().as_bytes(),
        )
    }

    /// Posts JSON and asks for events.
    pub fn stream(&self, path: &str, body: &Value) -> Response {
        let headers = [("content-type", "application/json"), ("accept", "text/event-stream")];
        self.send(&format!("POST {path}"), &headers, body.to_string().as_bytes())
    }

    /// Uploads files.
    ///
    /// # Errors
    ///
    /// What the network says.
    pub fn upload(&self, path: &str, files: &[(&str, &[u8])]) -> std::io::Result<Response> {
        let mut body = Vec::new();
        for (name, bytes) in files {
            let head = format!(
                "--cut\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--cut--\r\n");
        self.try_send(
            &format!("POST {path}"),
            &[("content-type", "multipart/form-data; boundary=cut")],
            &body,
        )
    }
}

impl Response {
    fn read(stream: TcpStream) -> std::io::Result<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| std::io::Error::other(format!("no status in `{line}`")))?;
        let mut headers = Vec::new();
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let is_chunked =
            headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let body = Body { reader, left: 0, is_chunked, ended: false };
        Ok(Self { status, headers, body: BufReader::new(body) })
    }

    /// A header's value.
    pub fn header(&self, wanted: &str) -> Option<&str> {
        self.headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }

    /// The whole body.
    pub fn text(mut self) -> String {
        let mut text = String::new();
        match self.body.read_to_string(&mut text) {
            Ok(_) => text,
            Err(error) => panic!("cannot read the body: {error}"),
        }
    }

    /// The whole body as JSON.
    pub fn json(self) -> Value {
        let text = self.text();
        match serde_json::from_str(&text) {
            Ok(value) => value,
            Err(error) => panic!("no JSON ({error}): {text}"),
        }
    }

    /// The next event; `None` at the end.
    pub fn event(&mut self) -> Option<Event> {
        let (mut event, mut met) = (Event { name: String::new(), data: String::new() }, false);
        loop {
            let mut line = String::new();
            if self.body.read_line(&mut line).ok()? == 0 {
                return met.then_some(event);
            }
            let line = line.trim_end_matches(['\r', '\n']);
            if let Some(name) = line.strip_prefix("event: ") {
                name.clone_into(&mut event.name);
                met = true;
            } else if let Some(data) = line.strip_prefix("data: ") {
                event.data.push_str(data);
                met = true;
            } else if line.is_empty() && met {
                return Some(event);
            }
        }
    }

    /// Every event to the end.
    pub fn events(mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.event()).collect()
    }
}

/// A body without the marks that cut it into chunks.
struct Body {
    reader: BufReader<TcpStream>,
    left: usize,
    is_chunked: bool,
    ended: bool,
}

impl Read for Body {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if !self.is_chunked {
            return self.reader.read(into);
        }
        if self.left == 0 && !self.ended {
            let mut line = String::new();
            self.reader.read_line(&mut line)?;
            if line.trim().is_empty() {
                line.clear();
                self.reader.read_line(&mut line)?;
            }
            let bad = |_| std::io::Error::other(format!("`{line}` is no chunk's length"));
            self.left = usize::from_str_radix(line.trim(), 16).map_err(bad)?;
            self.ended = self.left == 0;
        }
        let wanted = into.len().min(self.left);
        let read = self.reader.read(&mut into[..wanted])?;
        self.left -= read;
        Ok(read)
    }
}
