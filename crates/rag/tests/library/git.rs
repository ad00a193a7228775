//! Git repositories, made by the test.

#![expect(clippy::disallowed_methods, reason = "a test makes a repository")]

use std::path::Path;
use std::process::Command;

use outbound::{Outbound, OutboundOptions};
use patou_rag::{GitAccess, GitSource, Gone, IngestReport, IngestRequest, Source};
use runtime::{Driver, Shutdown};

use super::support::Bench;

fn git(folder: &Path, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=a", "-c", "user.email=a@example.org"]);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.args(words).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
    std::fs::write(folder.join(name), text).unwrap();
}

async fn ingest(bench: &Bench, cache: &Path, text: &str) -> IngestReport {
    let access = GitAccess {
        outbound: Outbound::new(&OutboundOptions::default()).unwrap(),
        driver: Driver::current().unwrap(),
        cache: cache.to_owned(),
        bytes_max: 1000,
    };
    let sources: Vec<Box<dyn Source>> = vec![Box::new(GitSource::new(text, access).unwrap())];
    let request = IngestRequest { collection: bench.name.clone(), sources, access: None, gone: Gone::Remove };
    bench.library.ingest(request, &|_| {}, &Shutdown::new()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_is_ingested_and_followed() {
    let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let repository = folder.path().join("manual");
    std::fs::create_dir(&repository).unwrap();
    git(&repository, &["init", "--quiet", "--initial-branch", "main"]);
    write(&repository, "a.md", "alpha");
    write(&repository, "sub/b.md", "beta");
    write(&repository, ".hidden/c.md", "no");
    write(&repository, "big.md", &"x".repeat(1001));
    write(&repository, "lfs.md", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
    std::os::unix::fs::symlink("sub/b.md", repository.join("link.md")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", repository.join("out.md")).unwrap();
    git(&repository, &["add", "."]);
    let inner = "160000,1111111111111111111111111111111111111111,module";
    git(&repository, &["update-index", "--add", "--cacheinfo", inner]);
    git(&repository, &["commit", "--quiet", "--message", "one"]);
    let first = git(&repository, &["rev-parse", "HEAD"]);

    let bench = Bench::new().await;
    let place = format!("git+{}", repository.display());
    let report = ingest(&bench, cache.path(), &place).await;
    assert_eq!(report.added, 3, "{report:?}");
    let failed: Vec<_> = report.failed.iter().map(|failure| failure.source.as_str()).collect();
    assert_eq!(failed, ["manual/big.md", "manual/lfs.md", "manual/module", "manual/out.md"]);
    assert!(report.failed[1].error.contains("Git LFS") && report.failed[2].error.contains("submodule"));
    assert_eq!(bench.search("alpha").await[0].found.source, "manual/a.md");

    std::fs::remove_file(repository.join("a.md")).unwrap();
    write(&repository, "sub/b.md", "beta two");
    git(&repository, &["commit", "--quiet", "--all", "--message", "two"]);
    let report = ingest(&bench, cache.path(), &place).await;
    assert_eq!((report.updated, report.deleted, report.unchanged), (2, 1, 0), "{report:?}");

    // The commit before, by its id: another revision of the same repository is an update of it.
    let report = ingest(&bench, cache.path(), &format!("{place}@{first}")).await;
    assert_eq!((report.added, report.updated), (1, 2), "{report:?}");
    let elsewhere = Bench::new().await;
    let url = format!("git+file://{}@{first}", repository.display());
    let report = ingest(&elsewhere, cache.path(), &url).await;
    assert_eq!(report.added, 3, "{report:?}");
    let report = ingest(&bench, cache.path(), &format!("{place}@no-such-branch")).await;
    assert_eq!((report.failed.len(), report.deleted), (1, 0), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_repository_is_refused() {
    let access = || GitAccess {
        outbound: Outbound::new(&OutboundOptions::default()).unwrap(),
        driver: Driver::current().unwrap(),
        cache: "unused".into(),
        bytes_max: 1,
    };
    for text in ["git+ssh://h/r", "git+https://ada:key@h/r", "git+--upload-pack=id", "git+/r@-x", "git+"] {
        assert!(GitSource::new(text, access()).is_err(), "{text}");
    }
    let bench = Bench::new().await;
    for text in ["git+https://127.0.0.1:9/r", "git+http://localhost:9/r", "git+https://169.254.169.254/r"] {
        let cache = tempfile::tempdir().unwrap();
        let report = ingest(&bench, cache.path(), text).await;
        assert!(report.failed[0].error.contains("private or reserved"), "{report:?}");
    }
}
