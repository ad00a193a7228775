//! One listing: which pages are asked for, in which order, and what becomes of each.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use outbound::{OutboundError, Patience, Request};
use serde::{Deserialize, Serialize};
use url::Url;

use super::page::{self, PageLinks};
use super::robots::{self, Robots};
use super::{AGENT, Scope, WebSource, format_name, sitemap};
use crate::ids;
use crate::source::{ItemFailure, Listed, Listing, Remembered};

/// How many sitemaps one source leads to at most.
const SITEMAPS_MAX: usize = 1_000;
/// How often a busy host is asked.
const ATTEMPTS: u32 = 3;

/// What one listing leaves for the next.
#[derive(Default, Serialize, Deserialize)]
struct Position {
    pages: BTreeMap<String, Page>,
}

/// A page that need not be sent again.
#[derive(Clone, Serialize, Deserialize)]
struct Page {
    etag: String,
    format_name: Option<String>,
    /// Where its links lead within the source.
    links: Vec<String>,
}

/// A listing that is being made.
pub(super) struct Walk<'a> {
    source: &'a WebSource,
    remembered: &'a Remembered,
    before: Position,
    after: Position,
    robots: HashMap<String, Robots>,
    listing: Listing,
    seen: HashSet<String>,
    waiting: VecDeque<(String, usize)>,
    pages_left: usize,
    bytes_left: u64,
}

/// What a request came to.
enum Answer {
    Unchanged,
    Sent(Sent),
    Gone,
}

struct Sent {
    url: Url,
    content_type: Option<String>,
    etag: Option<String>,
    robots: String,
    bytes: Vec<u8>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(source: &'a WebSource, remembered: &'a Remembered) -> Self {
        let position = remembered.cursor.as_deref().and_then(|cursor| serde_json::from_str(cursor).ok());
        Self {
            source,
            remembered,
            before: position.unwrap_or_default(),
            after: Position::default(),
            robots: HashMap::new(),
            listing: Listing::default(),
            seen: HashSet::new(),
            waiting: VecDeque::new(),
            pages_left: source.web.limits.pages_max,
            bytes_left: source.web.limits.bytes_max,
        }
    }

    /// Everything there is.
    pub(super) async fn listing(mut self) -> Listing {
        if let Err(error) = self.source.spool().clear() {
            self.fail(self.source.root.clone(), format!("cannot clear its temporary file: {error}"), "");
            return self.listing;
        }
        let start = self.source.start.to_string();
        match self.source.scope {
            Scope::Page | Scope::Crawl => self.wait_for(start, 0),
            Scope::Sitemap => self.sitemaps(start).await,
        }
        while let Some((url, depth)) = self.waiting.pop_front() {
            if self.source.web.stop.is_requested() {
                self.fail(url, "the listing was stopped".into(), "run the command again");
                break;
            }
            if self.pages_left == 0 || self.bytes_left == 0 {
                let (pages, limits) = (self.waiting.len() + 1, self.source.web.limits);
                let why = format!(
                    "{pages} pages were not asked for: the limit is {} pages and {} bytes",
                    limits.pages_max, limits.bytes_max
                );
                let hint = "raise `sources.pages_max` or `sources.bytes_max`, or begin further down";
                self.fail(self.source.root.clone(), why, hint);
                break;
            }
            self.visit(&url, depth).await;
        }
        self.listing.cursor = serde_json::to_string(&self.after).ok();
        self.listing
    }

    fn wait_for(&mut self, url: String, depth: usize) {
        if self.seen.insert(url.clone()) {
            self.waiting.push_back((url, depth));
        }
    }

    /// Puts the pages of a sitemap in line, and those of the sitemaps that it names.
    async fn sitemaps(&mut self, start: String) {
        let mut waiting = VecDeque::from([start]);
        let mut met = HashSet::new();
        while let Some(url) = waiting.pop_front() {
            if !met.insert(url.clone()) {
                continue;
            }
            if met.len() > SITEMAPS_MAX || self.source.web.stop.is_requested() {
                let why = format!("sitemaps beyond {SITEMAPS_MAX} are not read");
                self.fail(url, why, "ingest the sitemaps one by one");
                return;
            }
            let bytes = match self.request(&url, None, sitemap::BYTES_MAX).await {
                Ok(Answer::Sent(sent)) => sent.bytes,
                Ok(_) => {
                    self.fail(url, "there is no such sitemap".into(), "check the address");
                    continue;
                }
                Err(error) => {
                    self.unreachable(url, &error);
                    continue;
                }
            };
            match sitemap::parse(&bytes) {
                Ok(found) => {
                    waiting.extend(found.sitemaps);
                    for page in found.pages {
                        match page.parse::<Url>().ok().and_then(|page| page::address(&page, "")) {
                            Some(page) => self.wait_for(page, 0),
                            None => self.fail(page, "it is no URL".into(), "mend the sitemap"),
                        }
                    }
                }
                Err(why) => self.fail(url, format!("cannot read the sitemap: {why}"), "mend the sitemap"),
            }
        }
    }

    /// Asks for one page, and takes what it is and where it leads.
    async fn visit(&mut self, address: &str, depth: usize) {
        let Ok(url) = address.parse::<Url>() else { return };
        // What the user named is asked for as a browser would; what was found is for robots to allow.
        let named = self.source.scope == Scope::Page || (self.source.scope == Scope::Crawl && depth == 0);
        let robots = self.robots(&url).await;
        if !named && !robots.allows(&path_and_query(&url)) {
            if self.source.scope == Scope::Sitemap {
                self.fail(
                    address.into(),
                    "the host's `robots.txt` forbids it".into(),
                    "ask the host's owner",
                );
            }
            return;
        }
        let delay = robots.delay(self.source.web.limits.delay_max);
        if self.pages_left < self.source.web.limits.pages_max && !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        self.pages_left -= 1;
        let known = self.before.pages.get(address).filter(|_| self.remembered.tokens.contains_key(address));
        let known = known.cloned();
        let etag = known.as_ref().map(|known| known.etag.clone());
        let limit = self.source.web.limits.page_bytes_max.min(self.bytes_left);
        match (self.request(address, etag, limit).await, known) {
            (Ok(Answer::Unchanged), Some(known)) => self.as_before(address, known, depth),
            (Ok(Answer::Sent(sent)), _) => self.take(address, sent, depth),
            // A link that leads nowhere is the page's fault that has it.
            (Ok(_), _) if self.source.scope == Scope::Crawl && depth > 0 => {}
            (Ok(_), _) => self.fail(address.into(), "there is no such page".into(), "check the address"),
            (Err(error), _) => self.unreachable(address.into(), &error),
        }
    }

    fn as_before(&mut self, address: &str, known: Page, depth: usize) {
        self.follow(known.links.clone(), depth);
        self.listing.items.push(Listed {
            source: address.to_owned(),
            token: self.remembered.tokens.get(address).cloned(),
            format_name: known.format_name.clone(),
            ..Listed::default()
        });
        self.after.pages.insert(address.to_owned(), known);
    }

    fn take(&mut self, address: &str, sent: Sent, depth: usize) {
        self.bytes_left = self.bytes_left.saturating_sub(sent.bytes.len() as u64);
        let crawls = self.source.scope == Scope::Crawl;
        if crawls && !self.is_inside(&sent.url) && depth > 0 {
            // A link that led out of the source.
            return;
        }
        let kind = sent.content_type.as_deref().unwrap_or_default();
        if crawls && depth > 0 && is_no_document(kind) {
            return;
        }
        let format_name = format_name(&sent.url, sent.content_type.as_deref());
        let mut page = PageLinks::default();
        if format_name.as_deref().is_some_and(|name| name.ends_with("html")) {
            page = page::links(&String::from_utf8_lossy(&sent.bytes), &sent.url);
        }
        let robots = sent.robots.to_ascii_lowercase();
        if robots.contains("nofollow") || robots.contains("none") {
            page.links.clear();
        }
        let inside = |link: &String| link.parse().is_ok_and(|link: Url| self.is_inside(&link));
        let links: Vec<String> = page.links.iter().filter(|link| inside(link)).cloned().collect();
        let canonical = page.canonical.clone().filter(|canonical| canonical != address && inside(canonical));
        if page.cut && crawls {
            self.fail(
                address.into(),
                "it has more links than are followed".into(),
                "ingest a sitemap instead",
            );
        }
        self.follow(links.clone(), depth);
        if !crawls {
            return self.keep(address, sent, (format_name, Vec::new()));
        }
        if page.no_index || robots.contains("noindex") || robots.contains("none") {
            return;
        }
        // A page under another name is taken under its own, unless that one was met and pointed elsewhere.
        if let Some(canonical) = canonical
            && (!self.seen.contains(&canonical) || self.is_listed(&canonical) || self.is_waiting(&canonical))
        {
            return self.wait_for(canonical, depth);
        }
        self.keep(address, sent, (format_name, links));
    }

    fn keep(&mut self, address: &str, sent: Sent, (format_name, links): (Option<String>, Vec<String>)) {
        if let Err(error) = self.source.spool().write(address, &sent.bytes) {
            let why = format!("cannot keep what was fetched: {error}");
            return self.fail(address.to_owned(), why, "free some space for temporary files");
        }
        self.listing.items.push(Listed {
            source: address.to_owned(),
            size: sent.bytes.len() as u64,
            token: Some(ids::content_hash(&sent.bytes)),
            format_name: format_name.clone(),
            ..Listed::default()
        });
        if let Some(etag) = sent.etag {
            self.after.pages.insert(address.to_owned(), Page { etag, format_name, links });
        }
    }

    fn is_listed(&self, address: &str) -> bool {
        self.listing.items.iter().any(|item| item.source == address)
    }

    fn is_waiting(&self, address: &str) -> bool {
        self.waiting.iter().any(|(waiting, _)| waiting == address)
    }

    fn follow(&mut self, links: Vec<String>, depth: usize) {
        if self.source.scope == Scope::Crawl && depth < self.source.web.limits.depth_max {
            links.into_iter().for_each(|link| self.wait_for(link, depth + 1));
        }
    }

    /// Whether a crawl may go there: the same host, and below where it began.
    fn is_inside(&self, url: &Url) -> bool {
        let start = &self.source.start;
        let path = start.path();
        let last = path.rsplit('/').next().unwrap_or_default();
        let below = match path.strip_suffix(last) {
            // A file: what lies beside it.
            Some(folder) if last.contains('.') => url.path().starts_with(folder),
            _ if last.is_empty() => url.path().starts_with(path),
            _ => url.path().strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        };
        url.host_str() == start.host_str() && url.port() == start.port() && below
    }

    /// What the host of `url` allows, asked for once.
    async fn robots(&mut self, url: &Url) -> Robots {
        let Ok(place) = url.join("/robots.txt") else { return Robots::default() };
        let place = place.to_string();
        if let Some(robots) = self.robots.get(&place) {
            return robots.clone();
        }
        let robots = match self.ask(&place, None).await {
            Ok(exchange) if (200..300).contains(&exchange.status) => {
                match exchange.bytes(robots::BYTES_MAX).await {
                    Ok(bytes) => Robots::parse(&bytes, AGENT),
                    Err(_) => Robots::closed(),
                }
            }
            // A host that has no such file allows everything; one that is broken allows nothing for now.
            Ok(exchange) if (400..500).contains(&exchange.status) && exchange.status != 429 => {
                Robots::default()
            }
            Ok(_) | Err(_) => Robots::closed(),
        };
        self.robots.insert(place, robots.clone());
        robots
    }

    async fn request(
        &self,
        url: &str,
        etag: Option<String>,
        bytes_max: u64,
    ) -> Result<Answer, OutboundError> {
        let exchange = self.ask(url, etag).await?;
        match exchange.status {
            304 => return Ok(Answer::Unchanged),
            404 | 410 => return Ok(Answer::Gone),
            200 => {}
            status => return Err(OutboundError::Status { url: url.to_owned(), status }),
        }
        let header = |name: &str| exchange.header(name).map(str::to_owned);
        let (etag, robots) = (header("etag"), header("x-robots-tag").unwrap_or_default());
        let content_type = exchange.content_type.clone();
        let found = exchange.url.parse().map_err(|_| OutboundError::Url(exchange.url.clone()))?;
        let bytes = exchange.whole(bytes_max).await?.to_vec();
        Ok(Answer::Sent(Sent { url: found, content_type, etag, robots, bytes }))
    }

    async fn ask(&self, url: &str, etag: Option<String>) -> Result<outbound::Exchange, OutboundError> {
        let headers: Vec<(&str, String)> = etag.map(|etag| ("if-none-match", etag)).into_iter().collect();
        let request = Request { url, headers: &headers, ..Request::default() };
        let wait_max = self.source.web.limits.delay_max.max(Duration::from_millis(1));
        self.source.web.outbound.send_patiently(request, Patience { attempts: ATTEMPTS, wait_max }).await
    }

    fn unreachable(&mut self, source: String, error: &OutboundError) {
        let hint = match error {
            OutboundError::Refused { .. } => "set `sources.allow_private` if it is meant to be reached",
            OutboundError::TooLarge { .. } => "raise `ingest.file_bytes_max` or `sources.bytes_max`",
            OutboundError::Status { status: 401 | 403, .. } => {
                "it asks for a login; export it to files instead"
            }
            _ => "check the address and the network, and run the command again",
        };
        self.fail(source, error.to_string(), hint);
    }

    fn fail(&mut self, source: String, error: String, hint: &str) {
        self.listing.failures.push(ItemFailure { source, error, hint: hint.to_owned() });
    }
}

fn path_and_query(url: &Url) -> String {
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}

/// What pages are made with, and what is to be seen or heard: no documents.
fn is_no_document(content_type: &str) -> bool {
    let kind = content_type.to_ascii_lowercase();
    ["image/", "video/", "audio/", "font/", "text/css", "text/javascript", "application/javascript"]
        .iter()
        .any(|no_document| kind.starts_with(no_document))
}
