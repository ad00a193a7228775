//! Archives and mails as folders: what is in them is ingested, followed and removed with them.

use access::{AccessList, Reader};
use patou_rag::{Gone, IngestReport, MemorySource};

use crate::support::Bench;

/// A TAR file of these members.
fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (path, content) in members {
        let mut block = [0u8; 512];
        block[..path.len()].copy_from_slice(path.as_bytes());
        block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        block[148..156].fill(b' ');
        block[156] = b'0';
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
        bytes.extend_from_slice(&block);
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

async fn ingest(bench: &Bench, items: &[(&str, &[u8])]) -> IngestReport {
    let items = items.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()));
    bench.run(MemorySource::new("test", items), Gone::Remove, None).await
}

async fn sources(bench: &Bench) -> Vec<String> {
    let documents = bench.library.registry().documents(&bench.name, &Reader::Operator).await.unwrap();
    let mut sources: Vec<String> = documents.into_iter().map(|document| document.source).collect();
    sources.sort();
    sources
}

fn failures(report: &IngestReport) -> Vec<String> {
    report.failed.iter().map(|failure| format!("{}: {}", failure.source, failure.error)).collect()
}

#[tokio::test]
async fn an_archive_is_a_folder_however_deep() {
    let bench = Bench::new().await;
    let inner = archive(&[("deep/c.md", b"gamma"), ("lines.jsonl", b"{\"_id\":\"l\",\"text\":\"delta\"}\n")]);
    let outer = archive(&[("a.md", b"alpha"), ("in.tar", &inner), ("x.bin", b"\0")]);
    let report = ingest(&bench, &[("f/all.tar", &outer), ("b.md", b"beta")]).await;
    assert_eq!((report.added, report.failed.len()), (4, 1), "{report:?}");
    assert_eq!(report.failed[0].source, "f/all.tar/x.bin");
    let all = ["b.md", "f/all.tar/a.md", "f/all.tar/in.tar/deep/c.md", "f/all.tar/in.tar/lines.jsonl#l"];
    assert_eq!(sources(&bench).await, all);
    assert_eq!(bench.search("gamma").await[0].found.source, all[2]);
    let again = ingest(&bench, &[("f/all.tar", &outer), ("b.md", b"beta")]).await;
    assert_eq!((again.unchanged, again.deleted, again.tokens_embedded), (4, 0, 0));

    let less = archive(&[("a.md", b"alpha two"), ("in.tar", &archive(&[("deep/c.md", b"gamma")]))]);
    let report = ingest(&bench, &[("f/all.tar", &less), ("b.md", b"beta")]).await;
    assert_eq!((report.updated, report.unchanged, report.deleted), (1, 2, 1));
    let report = ingest(&bench, &[("b.md", b"beta")]).await;
    assert_eq!((report.deleted, sources(&bench).await.len()), (2, 1));
}

#[tokio::test]
async fn what_lies_in_an_archive_that_breaks_stays() {
    let bench = Bench::new().await;
    let whole = archive(&[("a.md", b"alpha"), ("b.md", b"beta")]);
    ingest(&bench, &[("x.tar", &whole), ("c.md", b"gamma"), ("d.md", b"delta")]).await;
    let report = ingest(&bench, &[("x.tar", &whole[..1024]), ("c.md", b"gamma")]).await;
    assert_eq!(
        failures(&report),
        ["x.tar: cannot unpack it: it is damaged: it ends without the mark of an end"]
    );
    assert_eq!((report.unchanged, report.deleted), (2, 1), "d.md alone is gone");
    assert_eq!(sources(&bench).await, ["c.md", "x.tar/a.md", "x.tar/b.md"]);
}

#[tokio::test]
async fn archives_end_at_a_depth() {
    let bench = Bench::new().await;
    let mut bytes = archive(&[("a.md", b"alpha")]);
    for _ in 0..9 {
        bytes = archive(&[("in.tar", &bytes)]);
    }
    let report = ingest(&bench, &[("x.tar", &bytes)]).await;
    let deep = "x.tar/in.tar/in.tar/in.tar/in.tar";
    assert_eq!(failures(&report), [format!("{deep}: archives are nested more than 4 deep")]);
}

fn mail(body: &str, attachments: &[(&str, &str)]) -> Vec<u8> {
    let mut mail =
        format!("From: a@x\nSubject: S\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n{body}\n");
    for (name, text) in attachments {
        mail.push_str(&format!("--b\nContent-Disposition: attachment; filename=\"{name}\"\n\n{text}\n"));
    }
    mail.push_str("--b--\n");
    mail.into_bytes()
}

#[tokio::test]
async fn what_a_mail_carries_comes_and_goes_with_it() {
    let bench = Bench::new().await;
    let inner = String::from_utf8(mail("inner", &[("deep.md", "gamma")])).unwrap().replace("--b", "--c");
    let inner = inner.replace("boundary=b", "boundary=c");
    let first = mail("alpha", &[("r.md", "beta"), ("in.eml", &inner), ("x.bin", "?")]);
    let report = ingest(&bench, &[("m.eml", &first)]).await;
    assert_eq!((report.added, report.failed.len()), (4, 0), "{report:?}");
    assert_eq!(sources(&bench).await, ["m.eml", "m.eml#in.eml", "m.eml#in.eml#deep.md", "m.eml#r.md"]);
    let documents = bench.library.registry().documents(&bench.name, &Reader::Operator).await.unwrap();
    assert_eq!(documents[0].problems, 1, "the attachment of no known format is a problem of the mail");
    let again = ingest(&bench, &[("m.eml", &first)]).await;
    assert_eq!((again.unchanged, again.deleted, again.added), (4, 0, 0));
    let report = ingest(&bench, &[("m.eml", &mail("alpha", &[("r.md", "beta")]))]).await;
    assert_eq!((report.updated, report.unchanged, report.deleted), (1, 1, 2));
    let broken = ingest(&bench, &[("m.eml", b"no mail")]).await;
    assert_eq!((broken.failed.len(), broken.deleted), (1, 0));
    assert_eq!((ingest(&bench, &[]).await.deleted, sources(&bench).await.len()), (2, 0));
}

#[tokio::test]
async fn whoever_may_read_a_mail_may_read_what_it_carries_and_nobody_else() {
    let bench = Bench::new().await;
    let items = |mail: Vec<u8>| MemorySource::new("test", [("m.eml".to_owned(), mail)]);
    let list = AccessList::from_principals(["user:ada".parse().unwrap()]);
    bench.run(items(mail("alpha", &[("r.md", "beta")])), Gone::Remove, Some(list)).await;
    // A new attachment comes without anybody saying who may read it.
    bench.run(items(mail("alpha", &[("r.md", "beta"), ("n.md", "gamma")])), Gone::Remove, None).await;
    assert_eq!(sources(&bench).await.len(), 3);
    let ada = Reader::Principals(["user:ada".parse().unwrap()].into());
    assert_eq!(bench.search_as("gamma", ada).await[0].found.source, "m.eml#n.md");
    assert!(bench.search_as("gamma", Reader::Anonymous).await.is_empty());
}
