//! The binary under test as a server on a free port.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::{Http, Patou};

/// A running `patou serve`. It is killed when this is dropped.
pub struct Served {
    child: Child,
    /// Speaks to it.
    pub http: Http,
}

impl Patou {
    /// Serves this home with these variables set, and waits until connections are taken.
    pub fn serve(&self, variables: &[(&str, &str)]) -> Served {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0", "--json"]);
        command.envs(variables.iter().copied());
        Served::start(command)
    }

    /// The variables of a stack whose chat model is at `url`.
    pub fn chat_at(url: &str) -> [(&str, &str); 3] {
        [
            ("PATOU_STACK", "selfhosted"),
            ("PATOU_STACKS_SELFHOSTED_CHAT_URL", url),
            ("PATOU_STACKS_SELFHOSTED_CHAT_MODEL", "scripted"),
        ]
    }
}

impl Served {
    fn start(mut command: Command) -> Self {
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = match started {
            Ok(child) => child,
            Err(error) => panic!("cannot start the server: {error}"),
        };
        let mut line = String::new();
        let output = child.stdout.take();
        let _ = output.map(|output| BufReader::new(output).read_line(&mut line));
        let told: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        let address = told["listening"].as_str().and_then(|url| url.split_once("://")?.1.parse().ok());
        // Nobody reads what it logs: a pipe that is full would stop it.
        let log = child.stderr.take();
        let drained = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = log.map(|mut log| std::io::Read::read_to_string(&mut log, &mut text));
            text
        });
        match address {
            Some(address) => Self { child, http: Http { address } },
            None => {
                let _ = child.kill();
                panic!("the server did not start: {line} {:?}", drained.join());
            }
        }
    }

    /// Ends it at once, as a machine that loses power does.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to stop and waits until it has; gives its exit code.
    pub fn stop(mut self) -> Option<i32> {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(asked.is_ok_and(|status| status.success()), "cannot send a signal");
        self.child.wait().ok().and_then(|status| status.code())
    }

    /// Tells it to read its configuration anew.
    pub fn hang_up(&self) {
        let told = Command::new("kill").args(["-HUP", &self.child.id().to_string()]).status();
        assert!(told.is_ok_and(|status| status.success()), "cannot send a signal");
    }

    /// Where it listens.
    pub fn address(&self) -> std::net::SocketAddr {
        self.http.address
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
