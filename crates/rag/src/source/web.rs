//! Documents on the web: one page, the pages of a sitemap, or those that links lead to from a page.
//!
//! A listing asks for every page, with the `ETag` of the time before; what is sent is kept in a temporary file
//! until it is read. Which addresses may be reached is for `outbound` to say, redirects and changing names included.

mod page;
mod robots;
mod sitemap;
mod spool;
mod walk;

use std::sync::Mutex;
use std::time::Duration;

use outbound::Outbound;
use runtime::{Driver, Shutdown};
use url::Url;

use super::{ItemFailure, Listed, Listing, ListingExtent, Remembered, Source};
use crate::RagError;
use spool::Spool;
use walk::Walk;

/// The name that `robots.txt` knows this program by.
const AGENT: &str = "patou";

/// How far a listing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebLimits {
    /// Pages that are asked for at most.
    pub pages_max: usize,
    /// How many links a crawl follows one after the other.
    pub depth_max: usize,
    /// Bytes that are taken at most, all pages together.
    pub bytes_max: u64,
    /// Bytes of one page at most.
    pub page_bytes_max: u64,
    /// How long a host may have this program wait between two requests.
    pub delay_max: Duration,
}

/// How the web is reached.
#[derive(Clone, Debug)]
pub struct Web {
    /// The client, with its address policy.
    pub outbound: Outbound,
    /// Waits for answers.
    pub driver: Driver,
    /// How far listings go.
    pub limits: WebLimits,
    /// Ends a listing early.
    pub stop: Shutdown,
}

/// Which pages belong to a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Page,
    Sitemap,
    Crawl,
}

/// Pages of the web.
pub struct WebSource {
    web: Web,
    /// As the user wrote it.
    root: String,
    start: Url,
    scope: Scope,
    spool: Mutex<Spool>,
}

impl WebSource {
    /// Whether a text names pages of the web.
    pub fn is_named_by(text: &str) -> bool {
        let text = text.strip_prefix("sitemap+").or_else(|| text.strip_prefix("crawl+")).unwrap_or(text);
        text.starts_with("https://") || text.starts_with("http://")
    }

    /// The source that `https://…`, `sitemap+https://…` or `crawl+https://…` names.
    ///
    /// # Errors
    ///
    /// [`RagError::Listing`] when it is no URL, or there is no room for what will be fetched.
    pub fn new(text: &str, web: Web) -> Result<Self, RagError> {
        let (scope, url) = match (text.strip_prefix("sitemap+"), text.strip_prefix("crawl+")) {
            (Some(url), _) => (Scope::Sitemap, url),
            (_, Some(url)) => (Scope::Crawl, url),
            _ => (Scope::Page, text),
        };
        let listing = |why: String| RagError::Listing { path: text.to_owned(), why };
        let mut start: Url = url.parse().map_err(|error| listing(format!("it is no URL: {error}")))?;
        if !start.username().is_empty() || start.password().is_some() {
            return Err(listing("credentials in a URL would be kept with every document".into()));
        }
        start.set_fragment(None);
        let spool = Spool::new().map_err(|error| listing(format!("no temporary file: {error}")))?;
        Ok(Self { web, root: text.to_owned(), start, scope, spool: Mutex::new(spool) })
    }

    fn spool(&self) -> std::sync::MutexGuard<'_, Spool> {
        self.spool.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Source for WebSource {
    fn root(&self) -> String {
        self.root.clone()
    }

    fn list(&self, remembered: &Remembered) -> Listing {
        let walk = Walk::new(self, remembered);
        let mut listing = self.web.driver.wait(walk.listing());
        listing.items.sort_by(|a, b| a.source.cmp(&b.source));
        listing.extent = ListingExtent::Whole;
        listing
    }

    fn read(&self, item: &Listed) -> Result<Vec<u8>, ItemFailure> {
        self.spool().read(&item.source).map_err(|error| ItemFailure {
            source: item.source.clone(),
            error: format!("cannot read back what was fetched: {error}"),
            hint: "free some space for temporary files and run the command again".into(),
        })
    }
}

/// The name that tells a page's format: by what its server says it is, else by the end of its path.
fn format_name(url: &Url, content_type: Option<&str>) -> Option<String> {
    let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let last = url.path().rsplit('/').next().filter(|last| last.contains('.'));
    let ending = match kind.to_ascii_lowercase().as_str() {
        "text/html" | "application/xhtml+xml" => return Some("page.html".into()),
        "" if last.is_none() => return Some("page.html".into()),
        _ if last.is_some() => return last.map(str::to_owned),
        "text/markdown" => "md",
        "text/csv" => "csv",
        "application/json" => "json",
        "application/pdf" => "pdf",
        "text/plain" => "txt",
        _ => return None,
    };
    Some(format!("page.{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_what_its_server_says() {
        let name = |url: &str, kind| format_name(&url.parse().unwrap(), kind);
        assert_eq!(name("https://e.org/a.php", Some("text/html; charset=utf-8")).unwrap(), "page.html");
        assert_eq!(name("https://e.org/a.pdf?x=1", Some("application/octet-stream")).unwrap(), "a.pdf");
        assert_eq!(name("https://e.org/a", Some("application/pdf")).unwrap(), "page.pdf");
        assert_eq!(name("https://e.org/a", None).unwrap(), "page.html");
        assert_eq!(name("https://e.org/a", Some("application/x-unheard-of")), None);
    }
}
