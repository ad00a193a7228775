//! A Redis with everything in memory.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

/// Debian's package has it here.
const PROGRAM: &str = "/usr/bin/redis-server";

/// A running Redis on a free port. It is killed when this is dropped.
pub struct Redis {
    child: Child,
    port: u16,
}

impl Redis {
    /// Starts it; `None`, said aloud, where it is not installed.
    pub fn start() -> Option<Self> {
        if !std::path::Path::new(PROGRAM).exists() {
            assert!(std::env::var_os("CI").is_none(), "there is no `{PROGRAM}`: run `cargo xtask setup`");
            crate::note(&format!(
                "left out: there is no `{PROGRAM}`; run `cargo xtask test`, which installs it"
            ));
            return None;
        }
        // Somebody else may take the port in between: then the next one is tried.
        match (0..5).find_map(|_| Self::at(free_port()?)) {
            Some(started) => Some(started),
            None => panic!("Redis does not start"),
        }
    }

    /// Starts it at a port; `None` where that is taken.
    fn at(port: u16) -> Option<Self> {
        let mut command = Command::new(PROGRAM);
        command.args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = match started {
            Ok(child) => child,
            Err(error) => panic!("cannot start Redis: {error}"),
        };
        let lines = child.stdout.take().map(|output| BufReader::new(output).lines());
        let mut lines = lines.into_iter().flatten().map_while(Result::ok);
        if lines.any(|line| line.contains("Ready to accept connections")) {
            return Some(Self { child, port });
        }
        let _ = child.wait();
        None
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Ends it at once; what it held is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again at the same port, with nothing in it.
    pub fn restart(&mut self) {
        self.kill();
        match Self::at(self.port) {
            Some(mut fresh) => std::mem::swap(&mut self.child, &mut fresh.child),
            None => panic!("cannot start Redis at port {} again", self.port),
        }
    }
}

/// A port that nobody has at the moment.
fn free_port() -> Option<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").ok()?;
    Some(listener.local_addr().ok()?.port())
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
