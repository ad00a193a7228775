//! The web console: files that are part of the binary, and the headers that keep everything else out of it.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use platform::ErrorKind;

use crate::error::Refused;

/// A file of the console.
struct Asset {
    /// Its path below `/console/`.
    path: &'static str,
    bytes: &'static [u8],
}

macro_rules! assets {
    ($($path:literal),* $(,)?) => {
        &[$(Asset { path: $path, bytes: include_bytes!(concat!("../console/", $path)) }),*]
    };
}

const PAGE: Asset = Asset { path: "index.html", bytes: include_bytes!("../console/index.html") };

/// Every file but the page itself.
const ASSETS: &[Asset] = assets![
    "answer.js",
    "api.js",
    "ask.js",
    "console.css",
    "conversation.js",
    "document.js",
    "documents.js",
    "html.js",
    "icon.svg",
    "inspect.js",
    "main.js",
    "palette.js",
    "route.js",
    "settings.js",
    "source.js",
    "text.js",
    "theme.js",
    "ui.js",
    "upload.js",
    "vendor/htm.mjs",
    "vendor/hooks.mjs",
    "vendor/preact.mjs",
];

/// Scripts, styles and requests of this server alone; no markup out of text, no frame around the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// The console's routes. Every view has an address of its own, and each is the same page.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(page))
        .route("/ask", get(page))
        .route("/documents", get(page))
        .route("/documents/{*document}", get(page))
        .route("/settings", get(page))
        .route("/console/{*path}", get(file))
}

async fn page(headers: HeaderMap) -> Response {
    PAGE.response(&headers)
}

async fn file(Path(path): Path<String>, headers: HeaderMap) -> Response {
    match ASSETS.iter().find(|asset| asset.path == path) {
        Some(asset) => asset.response(&headers),
        None => Refused::new(ErrorKind::NotFound, "the console has no such file", "open `/`").into_response(),
    }
}

impl Asset {
    fn kind(&self) -> &'static str {
        match self.path.rsplit('.').next() {
            Some("html") => "text/html; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "text/javascript; charset=utf-8",
        }
    }

    /// Names the content: a browser that has it is told so and not sent it again.
    fn tag(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.bytes.hash(&mut hasher);
        format!("\"{:016x}\"", hasher.finish())
    }

    fn response(&self, asked: &HeaderMap) -> Response {
        let tag = self.tag();
        let is_known =
            asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
        let mut response =
            if is_known { StatusCode::NOT_MODIFIED.into_response() } else { self.bytes.into_response() };
        let headers = response.headers_mut();
        let mut set = |name: HeaderName, value: &'static str| {
            headers.insert(name, HeaderValue::from_static(value));
        };
        set(header::CONTENT_TYPE, self.kind());
        set(header::CACHE_CONTROL, "no-cache");
        set(header::CONTENT_SECURITY_POLICY, POLICY);
        set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(header::REFERRER_POLICY, "no-referrer");
        set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_that_is_imported_is_served_and_preloaded() {
        let page = String::from_utf8_lossy(PAGE.bytes);
        for asset in ASSETS {
            assert!(
                asset.path == "main.js"
                    || !asset.path.ends_with("js")
                    || page.contains(&format!("/console/{}", asset.path)),
                "the page does not name `{}`",
                asset.path
            );
            let text = String::from_utf8_lossy(asset.bytes);
            let folder =
                asset.path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
            for import in
                text.lines().filter(|line| line.starts_with("import") || line.starts_with("export *"))
            {
                let Some(name) = import.split('"').find(|part| part.starts_with("./")) else { continue };
                let path = format!("{folder}{}", name.trim_start_matches("./"));
                assert!(ASSETS.iter().any(|asset| asset.path == path), "`{}` imports `{path}`", asset.path);
            }
        }
    }

    #[tokio::test]
    async fn a_browser_that_has_a_file_is_not_sent_it_again() {
        let first = page(HeaderMap::new()).await;
        assert_eq!(first.status(), StatusCode::OK);
        let mut asked = HeaderMap::new();
        asked.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        assert_eq!(page(asked).await.status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn no_file_of_ours_makes_markup_out_of_text() {
        for asset in ASSETS.iter().filter(|asset| !asset.path.starts_with("vendor/")) {
            let text = String::from_utf8_lossy(asset.bytes);
            for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
                assert!(!text.contains(way), "`{}` has `{way}`", asset.path);
            }
        }
    }
}
