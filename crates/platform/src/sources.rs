//! What a user writes after `ingest`, made into sources: which services are reached, how, and with which secrets.

use std::sync::Arc;
use std::time::Duration;

use access::PrivateText;
use outbound::{AddressPolicy, Outbound, OutboundOptions};
use provider::{BlobAccess, GraphAccess, GraphCredentials};
use rag::{
    BlobAddress, BlobEvents, BlobSource, GitAccess, GitSource, GraphSource, Source, Web, WebLimits, WebSource,
};
use runtime::{Driver, Shutdown, blocking};

use crate::{Platform, PlatformError};

/// Where Graph is unless told otherwise.
const GRAPH: &str = "https://graph.microsoft.com";
/// Who hands out tokens unless told otherwise.
const AUTHORITY: &str = "https://login.microsoftonline.com";

/// Limits of what is ingested over the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceSettings {
    /// Whether private and loopback addresses may be reached.
    pub allow_private: bool,
    /// The most pages of a sitemap or a crawl.
    pub pages_max: usize,
    /// How many links a crawl follows one after the other.
    pub depth_max: usize,
    /// The most bytes of all pages together.
    pub bytes_max: u64,
    /// How long a host may have a crawl wait between two pages, in seconds.
    pub delay_seconds_max: u64,
    /// How long a watched directory is still before it is ingested, in milliseconds.
    pub watch_quiet_ms: u64,
}

impl Platform {
    /// The source that one word names: an address on the network, or a path.
    pub(crate) async fn source(
        &self,
        input: &str,
        stop: &Shutdown,
    ) -> Result<Box<dyn Source>, PlatformError> {
        let settings = self.require_settings()?;
        let bytes_max = settings.file_bytes_max;
        if !is_address(input) {
            let path = input.to_owned();
            return Ok(blocking(move || rag::open_path(&path, bytes_max)).await??);
        }
        let is_local = input
            .strip_prefix("git+")
            .is_some_and(|place| !place.contains("://") || place.starts_with("file:"));
        if settings.offline && !is_local {
            return Err(offline(input));
        }
        let client = self.client()?;
        let driver = driver()?;
        if WebSource::is_named_by(input) {
            let own = settings.sources;
            let limits = WebLimits {
                pages_max: own.pages_max,
                depth_max: own.depth_max,
                bytes_max: own.bytes_max,
                page_bytes_max: bytes_max,
                delay_max: Duration::from_secs(own.delay_seconds_max),
            };
            let web = Web { outbound: client, driver, limits, stop: stop.clone() };
            return Ok(Box::new(WebSource::new(input, web)?));
        }
        if GitSource::is_named_by(input) {
            let cache = self.home()?.cache().join("git");
            let access = GitAccess { outbound: client, driver, cache, bytes_max };
            return Ok(Box::new(GitSource::new(input, access)?));
        }
        if GraphSource::is_named_by(input) {
            return Ok(Box::new(GraphSource::new(input, self.graph(client)?, driver, bytes_max)?));
        }
        let address = BlobAddress::parse(input).ok_or_else(|| PlatformError::Argument {
            what: format!("`{input}` names no container"),
            hint: "write `az://ACCOUNT/CONTAINER/PREFIX` or `s3://BUCKET/PREFIX`".into(),
        })?;
        self.blob_source(address, None)
    }

    /// Objects at an address, or those of them that events name.
    pub(crate) fn blob_source(
        &self,
        address: BlobAddress,
        events: Option<BlobEvents>,
    ) -> Result<Box<dyn Source>, PlatformError> {
        if self.require_settings()?.offline {
            return Err(offline(&address.root()));
        }
        let environment = self.environment.clone();
        let access = BlobAccess {
            client: self.client()?,
            variable: Arc::new(move |name| environment.secret(name)),
            bytes_max: self.require_settings()?.file_bytes_max,
        };
        Ok(Box::new(BlobSource::new(address, &access, driver()?, events)?))
    }

    fn client(&self) -> Result<Outbound, PlatformError> {
        let allowed = self.require_settings()?.sources.allow_private;
        let addresses = if allowed { AddressPolicy::AllowPrivate } else { AddressPolicy::PublicOnly };
        let options = OutboundOptions { addresses, ..OutboundOptions::default() };
        Outbound::new(&options).map_err(PlatformError::Outbound)
    }

    fn graph(&self, client: Outbound) -> Result<GraphAccess, PlatformError> {
        let secret = |name: &str| self.environment.secret(name);
        let required = |name: &str| {
            secret(name).ok_or_else(|| PlatformError::Argument {
                what: format!("Microsoft Graph asks for credentials, and `{name}` is not set"),
                hint: "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or GRAPH_TOKEN".into(),
            })
        };
        let credentials = match secret("GRAPH_TOKEN") {
            Some(token) => GraphCredentials::Token(PrivateText::new(token)),
            None => GraphCredentials::Client {
                authority: secret("AZURE_AUTHORITY_HOST").unwrap_or_else(|| AUTHORITY.into()),
                tenant: required("AZURE_TENANT_ID")?,
                client: required("AZURE_CLIENT_ID")?,
                secret: PrivateText::new(required("AZURE_CLIENT_SECRET")?),
            },
        };
        let endpoint = secret("GRAPH_ENDPOINT").unwrap_or_else(|| GRAPH.into());
        Ok(GraphAccess { client, endpoint, credentials, patience: None })
    }
}

fn offline(input: &str) -> PlatformError {
    PlatformError::Argument {
        what: format!("cannot ingest `{input}`: nothing may be fetched"),
        hint: "leave `--offline` out, or set `model.offline` to false".into(),
    }
}

fn driver() -> Result<Driver, PlatformError> {
    Driver::current().ok_or_else(|| PlatformError::Argument {
        what: "there is nothing to wait for answers with".into(),
        hint: "call this from within the runtime".into(),
    })
}

fn is_address(input: &str) -> bool {
    WebSource::is_named_by(input)
        || GitSource::is_named_by(input)
        || GraphSource::is_named_by(input)
        || BlobAddress::is_named_by(input)
}
