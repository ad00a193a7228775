//! The web console: files that are part of the binary, and the headers that keep everything else out of it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use platform::ErrorKind;
use sha2::{Digest, Sha256};

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

const PAGE: &str = include_str!("../console/index.html");
const STYLE: &str = include_str!("../console/console.css");
/// What the style takes the place of, so that the first paint waits for one response.
const STYLE_LINK: &str = "<link rel=\"stylesheet\" href=\"/console/console.css\">";

/// Every file but the page itself and its style.
const ASSETS: &[Asset] = assets![
    "answer.js",
    "api.js",
    "ask.js",
    "chart.js",
    "conversation.js",
    "document.js",
    "documents.js",
    "html.js",
    "icon.svg",
    "inspect.js",
    "keys.js",
    "main.js",
    "palette.js",
    "quarantine.js",
    "route.js",
    "settings.js",
    "source.js",
    "text.js",
    "ui.js",
    "upload.js",
    "usage.js",
    "vendor/htm.mjs",
    "vendor/hooks.mjs",
    "vendor/preact.mjs",
];

/// The cookie that holds the chosen theme.
const THEME: &str = "patou-theme";
/// The themes that can be chosen; without one the page follows the system.
const THEMES: [&str; 2] = ["dark", "light"];

/// The page with its style in it, and the policy that it is sent with.
static CONSOLE: LazyLock<Console> = LazyLock::new(|| {
    let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
    let page = PAGE.replace(STYLE_LINK, &format!("<style>{STYLE}</style>"));
    Console {
        themed: THEMES.map(|theme| page.replace("<html ", &format!("<html data-theme=\"{theme}\" "))),
        page,
        // Scripts and requests of this server alone, this one style; no markup out of text, no frame around it.
        policy: format!(
            "default-src 'none'; script-src 'self'; style-src 'sha256-{digest}'; img-src 'self'; \
             connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'"
        ),
    }
});

struct Console {
    page: String,
    /// The page in each of [`THEMES`].
    themed: [String; 2],
    policy: String,
}

/// The console's routes. Every view has an address of its own, and each is the same page.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(page))
        .route("/ask", get(page))
        .route("/documents", get(page))
        .route("/documents/{*document}", get(page))
        .route("/settings", get(page))
        .route("/usage", get(page))
        .route("/console/{*path}", get(file))
}

async fn page(headers: HeaderMap) -> Response {
    let theme = theme(&headers).and_then(|chosen| THEMES.iter().position(|theme| *theme == chosen));
    let page = theme.map_or(&CONSOLE.page, |theme| &CONSOLE.themed[theme]);
    let mut response = response("text/html; charset=utf-8", page.as_bytes(), &headers);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("cookie"));
    response
}

/// The theme that was chosen in this browser.
fn theme(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies
        .split(';')
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == THEME)
        .map(|(_, value)| value)
}

async fn file(Path(path): Path<String>, headers: HeaderMap) -> Response {
    match ASSETS.iter().find(|asset| asset.path == path) {
        Some(asset) => response(asset.kind(), asset.bytes, &headers),
        None => Refused::new(ErrorKind::NotFound, "the console has no such file", "open `/`").into_response(),
    }
}

impl Asset {
    fn kind(&self) -> &'static str {
        if self.path.ends_with(".svg") { "image/svg+xml" } else { "text/javascript; charset=utf-8" }
    }
}

/// A file, or word that the browser has it.
fn response(kind: &'static str, bytes: &'static [u8], asked: &HeaderMap) -> Response {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let tag = format!("\"{:016x}\"", hasher.finish());
    let is_known = asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response =
        if is_known { StatusCode::NOT_MODIFIED.into_response() } else { bytes.into_response() };
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::CONTENT_TYPE, kind);
    set(header::CACHE_CONTROL, "no-cache");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(header::CONTENT_SECURITY_POLICY, &CONSOLE.policy);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_that_is_imported_is_served_and_preloaded() {
        let page = &CONSOLE.page;
        assert!(page.contains("<style>") && !page.contains(STYLE_LINK));
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

    #[tokio::test]
    async fn the_page_comes_in_the_theme_that_was_chosen() {
        let sent = async |cookie: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_static(cookie));
            let body =
                axum::body::to_bytes(page(headers).await.into_body(), 1 << 20).await.unwrap_or_default();
            String::from_utf8_lossy(&body).lines().nth(1).unwrap_or_default().to_owned()
        };
        assert_eq!(sent("a=b; patou-theme=dark").await, "<html data-theme=\"dark\" lang=\"en\">");
        assert_eq!(sent("patou-theme=\"><script>").await, "<html lang=\"en\">");
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
