//! What the gateway adds to live streams: to their first token, in memory, when a client leaves. Clients and the
//! model's server are in this process, so that both ends of a wire are read from one clock.
//!
//! Each event tells when the server got the request and when it sent the event: what is added is the way there and the
//! way back, and neither the model's own time nor the client's. The same streams go to the server directly first, and
//! through a relay that copies bytes and does nothing else: what one more program on the way costs here by itself.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program that measures and prints")]
#![expect(clippy::disallowed_methods, reason = "it reads the clock and the system's figures")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use testkit::{Patou, write_files};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// One a second, give or take, for as long as all streams take to begin and somewhat longer. Were it one each second
/// sharp, streams that begin at a steady rate would all send in step with the next one that begins.
const TOKENS: u64 = 30;
const STREAMS: u64 = 1000;
const EVERY: Duration = Duration::from_millis(20);
const LEAVERS: u64 = 200;

/// The clock that both ends share.
#[derive(Clone, Copy)]
struct Clock(Instant);

impl Clock {
    fn micros(self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos() / 1000).unwrap()
    }
}

/// What a client saw of its stream.
struct Seen {
    added_micros: u64,
    is_whole: bool,
}

fn main() {
    let clock = Clock(Instant::now());
    let (tell, address) = std::sync::mpsc::channel();
    let (left, mut leavers) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        runtime().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(answer(stream, clock, left.clone()));
            }
        });
    });
    let upstream = address.recv().unwrap();
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    let configuration = format!(
        "[gateway.backends.one]\nbase_url = \"http://{upstream}/v1\"\n[gateway.routes.m]\nbackends = [\"one\"]\n\
         cache_seconds = 60\ntokens_per_minute = 1000000000\nguard_prompt = \"block\"\n"
    );
    write_files(patou.home(), &[("patou.toml", configuration.as_bytes())]);
    let mut starts: Vec<f64> = (0..5).map(|_| start_ms(&patou)).collect();
    starts.sort_by(f64::total_cmp);
    println!("{:<40} {:>8.0} ms (median of 5)", "serving after", starts[2]);
    let served = patou.serve(&[]);
    let gateway = served.address();
    std::thread::sleep(Duration::from_secs(1));
    println!("{:<40} {:>8.1} MB", "idle", rss_mb(served.id()));
    runtime().block_on(async {
        let mut ms = Vec::new();
        for number in 0..LEAVERS {
            ms.push(leaves(gateway, number, clock, &mut leavers).await);
        }
        print("the model is let go after its client left", ms);
        streams("first token, direct", upstream, clock, None).await;
        let relay = relay(upstream);
        streams("first token, through a bare relay", relay, clock, None).await;
        streams("first token, through the gateway", gateway, clock, Some(served.id())).await;
    });
}

/// Copies bytes between clients and a server, in a thread of its own.
fn relay(to: SocketAddr) -> SocketAddr {
    let (tell, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        runtime().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(to).await.unwrap();
                    client.set_nodelay(true).unwrap();
                    server.set_nodelay(true).unwrap();
                    tokio::io::copy_bidirectional(&mut client, &mut server).await.ok();
                });
            }
        });
    });
    address.recv().unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn start_ms(patou: &Patou) -> f64 {
    let clock = Instant::now();
    let served = patou.serve(&[]);
    assert_eq!(served.http.get("/health").status, 200);
    clock.elapsed().as_secs_f64() * 1e3
}

fn rss_mb(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

fn print(what: &str, mut ms: Vec<f64>) {
    ms.sort_by(f64::total_cmp);
    let at = |part: f64| ms[((ms.len() - 1) as f64 * part).round() as usize];
    println!("{what:<40} p50 {:>7.3}  p99 {:>7.3}  max {:>7.3} ms", at(0.5), at(0.99), at(1.0));
}

/// Answers requests with a token a second.
async fn answer(stream: TcpStream, clock: Clock, left: mpsc::UnboundedSender<u64>) {
    stream.set_nodelay(true).unwrap();
    let (reading, mut writing) = stream.into_split();
    let mut reading = BufReader::new(reading);
    while let Some(length) = head(&mut reading).await {
        let got = clock.micros();
        let mut body = vec![0; length];
        reading.read_exact(&mut body).await.unwrap();
        let begin =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        writing.write_all(begin.as_bytes()).await.unwrap();
        for token in 0..TOKENS {
            let text = chunk("{\"content\":\"word \"}", "null", (got, clock.micros()));
            if writing.write_all(text.as_bytes()).await.is_err() {
                return;
            }
            let mut one = [0];
            if tokio::time::timeout(pause(got, token), reading.read(&mut one)).await.is_ok() {
                let _ = left.send(clock.micros());
                return;
            }
        }
        let end = chunk("{}", "\"stop\"", (got, clock.micros())) + "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";
        if writing.write_all(end.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Between .7 and 1.3 seconds.
fn pause(stream: u64, token: u64) -> Duration {
    let mixed =
        (stream ^ token.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40;
    Duration::from_millis(700 + mixed % 600)
}

fn chunk(delta: &str, finish: &str, (got, sent): (u64, u64)) -> String {
    let data = format!(
        "data: {{\"id\":\"c\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}],\"got\":{got},\"sent\":{sent}}}\n\n"
    );
    format!("{:x}\r\n{data}\r\n", data.len())
}

/// Reads a request's head; gives its body's length.
async fn head(reading: &mut (impl tokio::io::AsyncBufRead + Unpin)) -> Option<usize> {
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        if reading.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim().to_ascii_lowercase().split_once(':') {
            Some(("content-length", number)) => length = number.trim().parse().unwrap(),
            Some(_) => {}
            None if line.trim().is_empty() => return Some(length),
            None => {}
        }
    }
}

/// Asks on a connection of its own; tells when.
async fn asked(address: SocketAddr, text: &str, clock: Clock) -> (BufReader<TcpStream>, u64) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let body = format!(
        "{{\"model\":\"m\",\"stream\":true,\"messages\":[{{\"role\":\"user\",\"content\":\"{text}\"}}]}}"
    );
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let sent = clock.micros();
    stream.write_all(request.as_bytes()).await.unwrap();
    (BufReader::new(stream), sent)
}

fn number(line: &str, key: &str) -> u64 {
    let (_, rest) = line.split_once(&format!("\"{key}\":")).unwrap();
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

async fn stream(address: SocketAddr, place: u64, clock: Clock) -> Seen {
    // No two alike: nobody waits for another's answer.
    let (reading, sent) = asked(address, &format!("hello {place}"), clock).await;
    let mut lines = reading.lines();
    let mut added_micros = None;
    while let Ok(Some(line)) = lines.next_line().await {
        if added_micros.is_none() && line.starts_with("data: {") {
            let arrived = clock.micros();
            added_micros = Some(number(&line, "got") - sent + arrived - number(&line, "sent"));
        }
        if line.starts_with("data: [DONE]") {
            return Seen { added_micros: added_micros.unwrap(), is_whole: true };
        }
    }
    Seen { added_micros: added_micros.unwrap_or(u64::MAX), is_whole: false }
}

async fn streams(what: &str, address: SocketAddr, clock: Clock, process: Option<u32>) {
    let begin = tokio::time::Instant::now();
    let (tell, mut seen) = mpsc::unbounded_channel();
    let tell = Arc::new(tell);
    for place in 0..STREAMS {
        tokio::time::sleep_until(begin + EVERY * u32::try_from(place).unwrap()).await;
        let tell = Arc::clone(&tell);
        tokio::spawn(async move { tell.send(stream(address, place, clock).await).ok() });
    }
    let mb = process.map(rss_mb);
    drop(tell);
    let (mut ms, mut cut) = (Vec::new(), 0);
    while let Some(seen) = seen.recv().await {
        ms.push(seen.added_micros as f64 / 1e3);
        cut += usize::from(!seen.is_whole);
    }
    print(what, ms);
    if let Some(mb) = mb {
        println!("{:<40} {mb:>8.1} MB", format!("with {STREAMS} live streams"));
        println!("{:<40} {cut:>8}", "streams cut");
    }
}

/// How long after a client has left the model's server sees it, in ms.
async fn leaves(
    address: SocketAddr,
    place: u64,
    clock: Clock,
    leavers: &mut mpsc::UnboundedReceiver<u64>,
) -> f64 {
    let mut reading = asked(address, &format!("leaves {place}"), clock).await.0;
    let mut line = String::new();
    while !line.starts_with("data: {") {
        line.clear();
        assert!(reading.read_line(&mut line).await.unwrap() > 0);
    }
    let gone = clock.micros();
    drop(reading);
    leavers.recv().await.unwrap().saturating_sub(gone) as f64 / 1e3
}
