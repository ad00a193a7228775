//! The server's doors: TLS with the certificate that lies there now, and no more connections than there is room for.

#![expect(
    clippy::disallowed_methods,
    reason = "the client that speaks TLS is a program of its own, and files change"
)]

use testkit::{Patou, write_files};

#[test]
fn connections_over_tls_have_the_certificate_that_lies_there_now() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls");
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    let (certificate, key) = (patou.home().join("own.pem"), patou.home().join("own.key.pem"));
    let put = |name: &str| {
        // The key first: whoever looks in between finds two that do not go together, and goes on with the one before.
        for (from, to) in [(format!("{name}.key.pem"), &key), (format!("{name}.pem"), &certificate)] {
            std::fs::copy(data.join(from), to).unwrap();
        }
    };
    put("one");
    let shown = |path: &std::path::Path| path.display().to_string();
    let served = patou.serve(&[
        ("PATOU_SERVER_TLS_CERTIFICATE_FILE", &shown(&certificate)),
        ("PATOU_SERVER_TLS_KEY_FILE", &shown(&key)),
    ]);
    let asked = |trusted: &str| {
        let url = format!("https://{}/health", served.http.address);
        let trusted = shown(&data.join(format!("{trusted}.pem")));
        let words = ["-sS", "--noproxy", "*", "--cacert", &trusted, &url];
        let output = std::process::Command::new("curl").args(words).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert_eq!((asked("one"), asked("two")), ("ok\n".into(), String::new()));
    // A plain request is no handshake.
    let plain = served.http.try_send("GET /health", &[], b"");
    assert!(plain.is_err() || plain.is_ok_and(|response| response.status != 200));
    put("two");
    while asked("two") != "ok\n" {
        std::thread::yield_now();
    }
    assert_eq!(asked("one"), "");
    std::fs::write(&certificate, "no certificate").unwrap();
    assert_eq!(asked("two"), "ok\n", "the one before goes on");
    // The owner's commands reach the server beside it.
    assert_eq!(patou.json(0, &["key", "create", "app"])["name"], "app");
    assert_eq!(served.stop(), Some(0));
}

#[test]
fn a_certificate_that_is_none_is_told() {
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    write_files(patou.home(), &[("own.pem", b"nothing")]);
    let file = patou.home().join("own.pem").display().to_string();
    let told = |variables: &[(&str, &str)]| {
        let mut command = patou.command(&["serve", "--listen", "127.0.0.1:0"]);
        let output = command.envs(variables.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let both =
        [("PATOU_SERVER_TLS_CERTIFICATE_FILE", file.as_str()), ("PATOU_SERVER_TLS_KEY_FILE", file.as_str())];
    assert!(told(&both).contains("is no PEM file with certificates"));
    assert!(told(&both[..1]).contains("belong together"));
}

#[test]
fn so_many_connections_are_taken_and_the_next_one_waits() {
    use std::io::Write;
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    let served = patou.serve(&[("PATOU_SERVER_CONNECTIONS_MAX", "2")]);
    let silent = || std::net::TcpStream::connect(served.http.address).unwrap();
    let (one, mut two) = (silent(), silent());
    two.write_all(b"GET /health HTTP/1.1\r\n").unwrap();
    let http = served.http;
    std::thread::scope(|scope| {
        let third = scope.spawn(move || http.get("/health").text());
        drop(one);
        assert_eq!(third.join().unwrap(), "ok\n");
    });
    drop(two);
    assert_eq!(served.stop(), Some(0));
}
