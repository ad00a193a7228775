//! Azurite, the emulator of Azure Blob Storage, with everything in memory.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::Http;

/// A running Azurite on a free port. It is killed when this is dropped.
pub struct Azurite {
    child: Child,
    http: Http,
}

impl Azurite {
    /// The emulator's one account.
    pub const ACCOUNT: &str = "devstoreaccount1";
    /// The account's key, which the emulator's documentation names.
    pub const KEY: &str =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    /// A signature made with it: everything is allowed until the year 2099.
    pub const SIGNATURE: &str = "sv=2019-12-12&ss=b&srt=sco&sp=rwdlac&se=2099-01-01T00%3A00%3A00Z&spr=https%2Chttp\
                                 &sig=0inStVod1SiNNw%2FCJ4fRrpJIdRZAadbisT7bZCD4KQs%3D";

    /// Starts it; `None`, said aloud, where it is not installed.
    pub fn start() -> Option<Self> {
        let program = crate::clients()?.join("node_modules/azurite/dist/src/blob/main.js");
        assert!(program.is_file(), "`{}` is not there: run `cargo xtask setup`", program.display());
        let mut command = Command::new("node");
        command.arg(program).args(["--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence"]);
        command.args(["--disableTelemetry", "--skipApiVersionCheck", "--silent"]);
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = match started {
            Ok(child) => child,
            Err(error) => panic!("cannot start Azurite: {error}"),
        };
        let lines = child.stdout.take().map(|output| BufReader::new(output).lines());
        let mut told = String::new();
        let address = lines.into_iter().flatten().map_while(Result::ok).find_map(|line| {
            told = line;
            told.split_once("listens on http://")?.1.trim().parse().ok()
        });
        match address {
            Some(address) => Some(Self { child, http: Http { address } }),
            None => {
                let _ = child.kill();
                panic!("Azurite did not start: {told}");
            }
        }
    }

    /// The account's address.
    pub fn url(&self) -> String {
        format!("http://{}/{}", self.http.address, Self::ACCOUNT)
    }

    /// Makes a container.
    pub fn make(&self, container: &str) {
        self.ask("PUT", &format!("{container}?restype=container&"), b"");
    }

    /// Writes an object; `path` begins with its container and is escaped.
    pub fn put(&self, path: &str, text: &str) {
        self.ask("PUT", &format!("{path}?"), text.as_bytes());
    }

    /// Removes an object.
    pub fn delete(&self, path: &str) {
        self.ask("DELETE", &format!("{path}?"), b"");
    }

    fn ask(&self, method: &str, path: &str, body: &[u8]) {
        let what = format!("{method} /{}/{path}{}", Self::ACCOUNT, Self::SIGNATURE);
        let headers =
            [("x-ms-version", "2019-12-12"), ("x-ms-blob-type", "BlockBlob"), ("content-type", "text/plain")];
        let status = self.http.send(&what, &headers, body).status;
        assert!(matches!(status, 201 | 202), "{method} {path}: {status}");
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
