//! Microsoft Graph, as far as documents need it: drives of SharePoint and OneDrive, their changes, permissions and
//! files. Tokens go to Graph's own host alone.

mod wire;

use std::time::Duration;

use access::PrivateText;
use bytes::Bytes;
use outbound::{Exchange, Outbound, OutboundError, Patience, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

pub use wire::{DriveItem, Grantee, ParentReference};
use wire::{Named, Page, Permission, grantees_of};

/// The most bytes of one page of an answer.
const ANSWER_BYTES_MAX: u64 = 32 << 20;
/// How a throttled service is waited for.
const PATIENCE: Patience = Patience { attempts: 6, wait_max: Duration::from_secs(120) };
/// Asks that changes tell of permissions too, and of items that left the view as deleted.
const PREFER: &str = "deltashowremovedasdeleted, deltatraversepermissiongaps, deltashowsharingchanges, \
                      hierarchicalsharing";

/// What it takes to reach Graph.
#[derive(Clone)]
pub struct GraphAccess {
    /// The client.
    pub client: Outbound,
    /// Graph's address; `https://graph.microsoft.com` unless told otherwise.
    pub endpoint: String,
    /// How to get a token.
    pub credentials: GraphCredentials,
    /// How a throttled service is waited for; `None` for as long as Graph asks, within reason.
    pub patience: Option<Patience>,
}

/// How a token is got.
#[derive(Clone)]
pub enum GraphCredentials {
    /// One that is there already.
    Token(PrivateText),
    /// An application's secret, handed in for a token.
    Client {
        /// The address that hands out tokens.
        authority: String,
        /// The tenant.
        tenant: String,
        /// The application.
        client: String,
        /// Its secret.
        secret: PrivateText,
    },
}

/// Why Graph gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// No answer.
    #[error("cannot reach Microsoft Graph: {0}")]
    Unreachable(String),
    /// The answer was no.
    #[error("Microsoft Graph answered {status}{code}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The code that it gave.
        code: String,
    },
    /// The answer is none that Graph's documentation describes.
    #[error("Microsoft Graph gave an answer that cannot be read: {0}")]
    Answer(String),
    /// The file is longer than is read.
    #[error("the file has more than {bytes_max} bytes")]
    TooLarge {
        /// The limit.
        bytes_max: u64,
    },
}

/// A drive of documents, as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrivePlace {
    /// `HOST`, `HOST:SITE` for the site `/sites/SITE`, a site's id, or `user:NAME` for a user's own drive.
    pub site: String,
    /// The drive's name or id; `-` for the first.
    pub drive: String,
}

/// Changes of a drive.
#[derive(Clone, Debug, Default)]
pub struct DriveChanges {
    /// What is new, other or gone.
    pub items: Vec<DriveItem>,
    /// Where the next changes begin.
    pub delta_link: String,
    /// Whether the link that was given had run out, so that this is everything.
    pub from_the_start: bool,
}

/// Graph for one run.
pub struct Graph {
    access: GraphAccess,
    token: Mutex<Option<PrivateText>>,
}

impl Graph {
    /// Makes ready; nothing is asked yet.
    pub fn new(access: GraphAccess) -> Self {
        Self { access, token: Mutex::new(None) }
    }

    /// The id of a drive.
    ///
    /// # Errors
    ///
    /// [`GraphError`] when there is none of that name or it cannot be seen.
    pub async fn drive(&self, place: &DrivePlace) -> Result<String, GraphError> {
        let owner = match place.site.strip_prefix("user:") {
            Some(user) => format!("users/{}", escaped(user)),
            None => {
                let site = match place.site.split_once(':') {
                    Some((host, name)) => format!("sites/{}:/sites/{}", escaped(host), escaped(name)),
                    None => format!("sites/{}", escaped(&place.site)),
                };
                let found: Named = self.json(&self.url(&site)).await?;
                format!("sites/{}", escaped(&found.id))
            }
        };
        let drives: Vec<Named> = self.pages(self.url(&format!("{owner}/drives"))).await?.0;
        let wanted = |drive: &&Named| {
            place.drive == "-" || drive.id == place.drive || drive.name.eq_ignore_ascii_case(&place.drive)
        };
        let missing = || GraphError::Refused { status: 404, code: format!(": no drive `{}`", place.drive) };
        drives.iter().find(wanted).map(|drive| drive.id.clone()).ok_or_else(missing)
    }

    /// What changed in a drive since `delta_link`; everything without one, or where it has run out.
    ///
    /// # Errors
    ///
    /// [`GraphError`] when it cannot be listed to the end.
    pub async fn changes(&self, drive: &str, delta_link: Option<&str>) -> Result<DriveChanges, GraphError> {
        let start = self.url(&format!("drives/{}/root/delta", escaped(drive)));
        let first = delta_link.map_or_else(|| start.clone(), str::to_owned);
        let (pages, from_the_start) = match self.pages(first).await {
            Err(GraphError::Refused { status: 410, .. }) if delta_link.is_some() => {
                (self.pages(start).await?, true)
            }
            pages => (pages?, delta_link.is_none()),
        };
        let (items, delta_link) = pages;
        let missing = || GraphError::Answer("the changes end without a delta link".into());
        Ok(DriveChanges { items, delta_link: delta_link.ok_or_else(missing)?, from_the_start })
    }

    /// Who may read an item. Links that open it to whoever has them name nobody.
    ///
    /// # Errors
    ///
    /// [`GraphError`] when the permissions cannot be read.
    pub async fn grantees(&self, drive: &str, item: &str) -> Result<Vec<Grantee>, GraphError> {
        let url = self.url(&format!("drives/{}/items/{}/permissions", escaped(drive), escaped(item)));
        let permissions: Vec<Permission> = self.pages(url).await?.0;
        let granted = permissions.into_iter().filter(|permission| !permission.roles.is_empty());
        let identities = granted
            .flat_map(|granted| granted.granted_to_v2.into_iter().chain(granted.granted_to_identities_v2));
        Ok(identities.flat_map(grantees_of).collect())
    }

    /// The bytes of a file.
    ///
    /// # Errors
    ///
    /// [`GraphError`] when it cannot be read or is too large.
    pub async fn content(&self, drive: &str, item: &str, bytes_max: u64) -> Result<Bytes, GraphError> {
        let url = self.url(&format!("drives/{}/items/{}/content", escaped(drive), escaped(item)));
        let exchange = self.get(&url).await?;
        exchange.whole(bytes_max).await.map_err(|error| match error {
            OutboundError::TooLarge { bytes_max, .. } => GraphError::TooLarge { bytes_max },
            error => GraphError::Unreachable(error.to_string()),
        })
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v1.0/{path}", self.access.endpoint.trim_end_matches('/'))
    }

    /// Every entry of every page, and the delta link at the end.
    async fn pages<T: DeserializeOwned>(
        &self,
        first: String,
    ) -> Result<(Vec<T>, Option<String>), GraphError> {
        let (mut entries, mut next, mut met) = (Vec::new(), Some(first), std::collections::HashSet::new());
        while let Some(url) = next {
            if !met.insert(url.clone()) {
                return Err(GraphError::Answer("its pages lead in a circle".into()));
            }
            let page: Page<T> = self.json(&url).await?;
            entries.extend(page.value);
            if page.delta_link.is_some() {
                return Ok((entries, page.delta_link));
            }
            next = page.next_link;
        }
        Ok((entries, None))
    }

    async fn json<T: DeserializeOwned>(&self, url: &str) -> Result<T, GraphError> {
        let body = self.get(url).await?.whole(ANSWER_BYTES_MAX).await;
        let body = body.map_err(|error| GraphError::Unreachable(error.to_string()))?;
        serde_json::from_slice(&body).map_err(|error| GraphError::Answer(error.to_string()))
    }

    /// Gets what is there; once more with a new token where the one at hand has run out.
    async fn get(&self, url: &str) -> Result<Exchange, GraphError> {
        let own = format!("{}/", self.access.endpoint.trim_end_matches('/'));
        if !url.starts_with(&own) {
            return Err(GraphError::Answer("it leads to another host".into()));
        }
        let mut renewed = false;
        loop {
            let token = self.token(renewed).await?;
            let headers =
                [("authorization", format!("Bearer {}", token.reveal())), ("prefer", PREFER.to_owned())];
            let request = Request { url, headers: &headers, ..Request::default() };
            let exchange = self.send(request).await?;
            match exchange.status {
                200..300 => return Ok(exchange),
                401 if !renewed => renewed = true,
                status => return Err(refused(status, exchange).await),
            }
        }
    }

    async fn send(&self, request: Request<'_>) -> Result<Exchange, GraphError> {
        let patience = self.access.patience.unwrap_or(PATIENCE);
        let sent = self.access.client.send_patiently(request, patience).await;
        sent.map_err(|error| GraphError::Unreachable(error.to_string()))
    }

    async fn token(&self, renew: bool) -> Result<PrivateText, GraphError> {
        #[derive(Deserialize)]
        struct Granted {
            access_token: String,
        }
        let (authority, tenant, client, secret) = match &self.access.credentials {
            GraphCredentials::Token(token) => return Ok(token.clone()),
            GraphCredentials::Client { authority, tenant, client, secret } => {
                (authority, tenant, client, secret)
            }
        };
        let mut kept = self.token.lock().await;
        if let (Some(token), false) = (kept.as_ref(), renew) {
            return Ok(token.clone());
        }
        let url = format!("{}/{}/oauth2/v2.0/token", authority.trim_end_matches('/'), escaped(tenant));
        let scope = format!("{}/.default", self.access.endpoint.trim_end_matches('/'));
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={}",
            escaped(client),
            escaped(secret.reveal()),
            escaped(&scope)
        );
        let headers = [("content-type", "application/x-www-form-urlencoded".to_owned())];
        let body = Some(Bytes::from(form));
        let exchange =
            self.send(Request { url: &url, headers: &headers, body, ..Request::default() }).await?;
        if exchange.status != 200 {
            return Err(refused(exchange.status, exchange).await);
        }
        let body = exchange.whole(ANSWER_BYTES_MAX).await;
        let body = body.map_err(|error| GraphError::Unreachable(error.to_string()))?;
        // The body holds the token: what is wrong with it is not quoted.
        let granted: Granted = serde_json::from_slice(&body)
            .map_err(|_| GraphError::Answer("there is no token in it".into()))?;
        let token = PrivateText::new(granted.access_token);
        *kept = Some(token.clone());
        Ok(token)
    }
}

/// What a refusal is called: a word, never a sentence.
async fn refused(status: u16, exchange: Exchange) -> GraphError {
    let body = exchange.bytes(64 << 10).await.unwrap_or_default();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let code = body["error"]["code"].as_str().or(body["error"].as_str()).unwrap_or_default();
    let is_word = !code.is_empty()
        && code.len() <= 64
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    GraphError::Refused { status, code: if is_word { format!(", {code}") } else { String::new() } }
}

/// A word as it stands in a path or a form.
fn escaped(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    for byte in word.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b',' | b'!' => {
                text.push(char::from(byte))
            }
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
