//! Pages, sitemaps and crawls against a server on loopback.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use outbound::{AddressPolicy, Outbound, OutboundOptions, Proxy};
use patou_rag::{Gone, IngestReport, IngestRequest, Listing, Remembered, Source, Web, WebLimits, WebSource};
use runtime::{Driver, Shutdown, blocking};

use super::site::{Reply, Site};
use super::support::Bench;

const LIMITS: WebLimits = WebLimits {
    pages_max: 50,
    depth_max: 5,
    bytes_max: 1 << 20,
    page_bytes_max: 1 << 16,
    delay_max: Duration::ZERO,
};

fn web(addresses: AddressPolicy, limits: WebLimits) -> Web {
    let options = OutboundOptions { addresses, proxy: Proxy::Direct, ..Default::default() };
    let outbound = Outbound::new(&options).unwrap();
    Web { outbound, driver: Driver::current().unwrap(), limits, stop: Shutdown::new() }
}

async fn list(text: &str, limits: WebLimits) -> Listing {
    let source = WebSource::new(text, web(AddressPolicy::AllowPrivate, limits)).unwrap();
    blocking(move || source.list(&Remembered::default())).await.unwrap()
}

fn paths(site: &Site, listing: &Listing) -> Vec<String> {
    let host = site.url("");
    listing.items.iter().map(|item| item.source.replace(&host, "")).collect()
}

async fn ingest(bench: &Bench, text: &str) -> IngestReport {
    let source = WebSource::new(text, web(AddressPolicy::AllowPrivate, LIMITS)).unwrap();
    let sources: Vec<Box<dyn Source>> = vec![Box::new(source)];
    let request = IngestRequest { collection: bench.name.clone(), sources, access: None, gone: Gone::Remove };
    bench.library.ingest(request, &|_| {}, &Shutdown::new()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_asked_for_again_with_its_etag() {
    let site = Site::start(|asked| match (asked.target.as_str(), asked.headers.get("if-none-match")) {
        ("/guide?x=1", Some(etag)) if etag == "\"v1\"" => Reply::new(304, "text/html", ""),
        ("/guide?x=1", _) => Reply::html("<h1>Keys</h1><p>Rotate the keys.").with("etag", "\"v1\""),
        _ => Reply::missing(),
    })
    .await;
    let bench = Bench::new().await;
    let url = site.url("/guide?x=1");
    let first = ingest(&bench, &url).await;
    assert_eq!((first.added, first.failed.len()), (1, 0), "{first:?}");
    assert_eq!(bench.search("rotate").await[0].found.source, url);
    let second = ingest(&bench, &url).await;
    assert_eq!((second.unchanged, second.deleted), (1, 0), "{second:?}");
    let missing = ingest(&bench, &site.url("/other")).await;
    assert!(missing.failed[0].error.contains("no such page"), "{missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_stays_inside_and_does_as_robots_and_pages_say() {
    let site = Site::start(|asked| match asked.target.as_str() {
        "/robots.txt" => {
            Reply::new(200, "text/plain", "user-agent: *\ndisallow: /docs/secret\ncrawl-delay: 99\n")
        }
        "/docs/" => Reply::html(
            "<a href=a>a</a><a href=secret/b>b</a><a href=/other>o</a><a href=n rel=nofollow>n</a>\
             <a href=http://elsewhere.invalid/docs/x>x</a><a href=alias>alias</a><a href=hidden>h</a>\
             <a href=leaf>l</a><a href=dead>d</a><a href=picture.png>p</a><a href=file.txt>f</a><a href=out>",
        ),
        "/docs/a" => Reply::html("<p>a</p><a href=./>home</a><a href=deep/c>c</a>"),
        "/docs/deep/c" => Reply::html("c"),
        "/docs/alias" => Reply::html("<link rel=canonical href=/docs/a>the same as a"),
        "/docs/hidden" => Reply::html("<meta name=robots content=noindex><a href=from-hidden>"),
        "/docs/from-hidden" => Reply::html("found through a page that is not kept"),
        "/docs/leaf" => Reply::html("<a href=not-followed>").with("x-robots-tag", "nofollow"),
        "/docs/picture.png" => Reply::new(200, "image/png", "\0"),
        "/docs/file.txt" => Reply::new(200, "text/plain", "a file"),
        "/docs/out" => Reply::new(302, "text/plain", "").with("location", "/other"),
        "/other" => Reply::html("outside"),
        _ => Reply::missing(),
    })
    .await;
    let listing = list(&format!("crawl+{}", site.url("/docs/")), LIMITS).await;
    assert_eq!(listing.failures, []);
    let wanted = ["/docs/", "/docs/a", "/docs/deep/c", "/docs/file.txt", "/docs/from-hidden", "/docs/leaf"];
    assert_eq!(paths(&site, &listing), wanted);
    let asked = site.targets();
    assert!(asked.iter().all(|target| !target.contains("secret") && !target.contains("not-followed")));
    assert_eq!(asked.iter().filter(|target| *target == "/robots.txt").count(), 1);

    let shallow = list(&format!("crawl+{}", site.url("/docs/a")), WebLimits { depth_max: 1, ..LIMITS }).await;
    assert_eq!(paths(&site, &shallow), ["/docs/a"], "what lies beside the start is outside");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_that_would_never_end_is_stopped_and_says_so() {
    let site = Site::start(|asked| match asked.target.as_str() {
        "/robots.txt" => Reply::missing(),
        target => Reply::html(&format!("<a href='/?{}'>next</a>", target.len())),
    })
    .await;
    let limits = WebLimits { pages_max: 4, depth_max: 1000, ..LIMITS };
    let growing = Site::start(|asked| Reply::html(&format!("<a href='{}x/'>next</a>", asked.target))).await;
    let listing = list(&format!("crawl+{}", growing.url("/")), limits).await;
    assert_eq!((listing.items.len(), listing.failures.len()), (4, 1));
    assert!(listing.failures[0].hint.contains("sources.pages_max"), "{:?}", listing.failures);
    let limits = WebLimits { depth_max: 2, ..LIMITS };
    assert_eq!(list(&format!("crawl+{}", growing.url("/")), limits).await.items.len(), 3);
    let limits = WebLimits { bytes_max: 10, ..LIMITS };
    let listing = list(&format!("crawl+{}", site.url("/")), limits).await;
    assert_eq!((listing.items.len(), listing.failures.len()), (0, 1), "{listing:?}");
    let limits = WebLimits { page_bytes_max: 10, ..LIMITS };
    let listing = list(&site.url("/"), limits).await;
    assert!(listing.failures[0].error.contains("larger than 10 bytes"), "{:?}", listing.failures);
}

#[tokio::test(flavor = "multi_thread")]
async fn sitemaps_lead_to_pages() {
    let changed = Arc::new(AtomicBool::new(false));
    let is_changed = Arc::clone(&changed);
    let site = Site::start(move |asked| {
        let host = format!("http://{}", asked.headers["host"]);
        let url = |path: &str| format!("<url><loc>{host}{path}</loc></url>");
        match asked.target.as_str() {
            "/robots.txt" => Reply::new(200, "text/plain", "user-agent: *\ndisallow: /private\n"),
            "/sitemap.xml" => Reply::new(
                200,
                "application/xml",
                format!(
                    "<sitemapindex><sitemap><loc>{host}/one.xml.gz</loc></sitemap><sitemap>\
                     <loc>{host}/sitemap.xml</loc></sitemap></sitemapindex>"
                ),
            ),
            "/one.xml.gz" => {
                let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                let gone = if is_changed.load(Ordering::SeqCst) { String::new() } else { url("/b") };
                let map = format!("<urlset>{}{gone}</urlset>", url("/a?x=1&amp;y=2"));
                packed.write_all(map.as_bytes()).unwrap();
                Reply::new(200, "application/gzip", packed.finish().unwrap())
            }
            "/private.xml" => Reply::new(200, "text/xml", format!("<urlset>{}</urlset>", url("/private/p"))),
            "/a?x=1&y=2" => Reply::html("<p>alpha <a href=/c>c</a>"),
            "/b" => Reply::html("<p>beta"),
            _ => Reply::missing(),
        }
    })
    .await;
    let bench = Bench::new().await;
    let text = format!("sitemap+{}", site.url("/sitemap.xml"));
    let report = ingest(&bench, &text).await;
    assert_eq!((report.added, report.failed.len()), (2, 0), "{report:?}");
    changed.store(true, Ordering::SeqCst);
    let report = ingest(&bench, &text).await;
    assert_eq!((report.unchanged, report.deleted, report.failed.len()), (1, 1, 0), "{report:?}");
    let listing = list(&format!("sitemap+{}", site.url("/private.xml")), LIMITS).await;
    assert!(listing.items.is_empty() && listing.failures[0].error.contains("robots.txt"), "{listing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn private_addresses_are_refused_unless_allowed() {
    let site = Site::start(|_| Reply::html("inside")).await;
    for text in [site.url("/"), format!("crawl+{}", site.url("/")), format!("sitemap+{}", site.url("/s.xml"))]
    {
        let source = WebSource::new(&text, web(AddressPolicy::PublicOnly, LIMITS)).unwrap();
        let listing = blocking(move || source.list(&Remembered::default())).await.unwrap();
        assert!(
            listing.items.is_empty() && listing.failures[0].hint.contains("sources.allow_private"),
            "{text}"
        );
    }
    assert_eq!(site.requests().len(), 0);
    assert!(
        WebSource::new("https://ada:secret@example.org/", web(AddressPolicy::PublicOnly, LIMITS)).is_err()
    );
}
