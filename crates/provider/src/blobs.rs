//! Object stores: Azure Blob Storage and S3, listed and read through the one HTTP client.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig};
use outbound::{Method, Outbound, OutboundError, Request};

/// The most objects of one listing.
const OBJECTS_MAX: usize = 1_000_000;
/// The most bytes of one answer that is no object: a page of a listing has 5,000 names at most.
const ANSWER_BYTES_MAX: u64 = 32 << 20;
/// How often a request is sent again when the service is busy or the connection breaks.
const RETRIES_MAX: usize = 4;
/// How long all attempts may take.
const RETRIES_SECONDS_MAX: u64 = 120;

/// A container of objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobPlace {
    /// A container of Azure Blob Storage.
    Azure {
        /// The storage account.
        account: String,
        /// The container.
        container: String,
    },
    /// A bucket of S3, or of a service that speaks like it.
    S3 {
        /// The bucket.
        bucket: String,
    },
}

/// Looks up a variable by its name.
pub type BlobVariables = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What it takes to reach a container.
#[derive(Clone)]
pub struct BlobAccess {
    /// The client, with its address policy.
    pub client: Outbound,
    /// Credentials and endpoints by the names that the vendors' tools give to variables, such as
    /// `AZURE_STORAGE_KEY` and `AWS_ACCESS_KEY_ID`.
    pub variable: BlobVariables,
    /// The largest object that is read, in bytes.
    pub bytes_max: u64,
}

/// One object of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Its name.
    pub key: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its `ETag`.
    pub etag: Option<String>,
}

/// Why objects could not be listed or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// There is no object of that name.
    #[error("there is no such object")]
    Missing,
    /// The credentials do not open it.
    #[error("the object store refused the credentials")]
    Denied(#[source] object_store::Error),
    /// The object is longer than is read.
    #[error("the object has {size} bytes, over the limit of {bytes_max}")]
    TooLarge {
        /// Its length.
        size: u64,
        /// The limit.
        bytes_max: u64,
    },
    /// The container holds more objects than are listed.
    #[error("the listing has more than {OBJECTS_MAX} objects")]
    TooMany,
    /// Anything else that the store or the network says.
    #[error("the object store cannot be used: {0}")]
    Failed(String),
}

/// A container that can be listed and read.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    bytes_max: u64,
}

impl Blobs {
    /// Makes ready to reach a container. Nothing is asked of it yet.
    ///
    /// # Errors
    ///
    /// [`BlobError`] when the credentials make no sense.
    pub fn new(place: &BlobPlace, access: &BlobAccess) -> Result<Self, BlobError> {
        let connector =
            Connector { client: access.client.clone(), bytes_max: access.bytes_max.max(ANSWER_BYTES_MAX) };
        let store = match place {
            BlobPlace::Azure { account, container } => azure((account, container), access, connector),
            BlobPlace::S3 { bucket } => s3(bucket, access, connector),
        };
        Ok(Self { store: store.map_err(failed)?, bytes_max: access.bytes_max })
    }

    /// The objects whose name begins with the folder `prefix`; empty for all.
    ///
    /// # Errors
    ///
    /// [`BlobError`] when they cannot be listed to the end.
    pub async fn list(&self, prefix: &str) -> Result<Vec<Blob>, BlobError> {
        let prefix = path(prefix)?;
        let mut listed = self.store.list((!prefix.as_ref().is_empty()).then_some(&prefix));
        let mut blobs = Vec::new();
        while let Some(object) = listed.next().await {
            let object = object.map_err(failed)?;
            if blobs.len() == OBJECTS_MAX {
                return Err(BlobError::TooMany);
            }
            blobs.push(Blob { key: object.location.to_string(), size: object.size, etag: object.e_tag });
        }
        Ok(blobs)
    }

    /// The bytes of an object.
    ///
    /// # Errors
    ///
    /// [`BlobError`] when it is missing, too large, or cannot be read.
    pub async fn read(&self, key: &str) -> Result<Bytes, BlobError> {
        let found = self.store.get(&path(key)?).await.map_err(failed)?;
        let (size, bytes_max) = (found.meta.size, self.bytes_max);
        if size > bytes_max {
            return Err(BlobError::TooLarge { size, bytes_max });
        }
        found.bytes().await.map_err(failed)
    }
}

/// A name as the store knows it: as it is, not encoded once more.
fn path(key: &str) -> Result<Path, BlobError> {
    Path::parse(key.trim_matches('/')).map_err(|error| BlobError::Failed(error.to_string()))
}

fn azure(
    (account, container): (&str, &str),
    access: &BlobAccess,
    connector: Connector,
) -> object_store::Result<Arc<dyn ObjectStore>> {
    let mut builder = MicrosoftAzureBuilder::new().with_account(account).with_container_name(container);
    for (variable, key) in [
        ("AZURE_STORAGE_KEY", AzureConfigKey::AccessKey),
        ("AZURE_STORAGE_SAS_TOKEN", AzureConfigKey::SasKey),
        ("AZURE_CLIENT_ID", AzureConfigKey::ClientId),
        ("AZURE_CLIENT_SECRET", AzureConfigKey::ClientSecret),
        ("AZURE_TENANT_ID", AzureConfigKey::AuthorityId),
        ("AZURE_AUTHORITY_HOST", AzureConfigKey::AuthorityHost),
        ("AZURE_STORAGE_ENDPOINT", AzureConfigKey::Endpoint),
    ] {
        if let Some(value) = (access.variable)(variable) {
            let is_plain = variable == "AZURE_STORAGE_ENDPOINT" && value.starts_with("http://");
            builder = builder.with_config(key, value);
            if is_plain {
                builder = builder.with_allow_http(true);
            }
        }
    }
    Ok(Arc::new(builder.with_retry(retries()).with_http_connector(connector).build()?))
}

fn s3(bucket: &str, access: &BlobAccess, connector: Connector) -> object_store::Result<Arc<dyn ObjectStore>> {
    let mut builder = AmazonS3Builder::new().with_bucket_name(bucket);
    for (variable, key) in [
        ("AWS_ACCESS_KEY_ID", AmazonS3ConfigKey::AccessKeyId),
        ("AWS_SECRET_ACCESS_KEY", AmazonS3ConfigKey::SecretAccessKey),
        ("AWS_SESSION_TOKEN", AmazonS3ConfigKey::Token),
        ("AWS_REGION", AmazonS3ConfigKey::Region),
        ("AWS_ENDPOINT_URL", AmazonS3ConfigKey::Endpoint),
    ] {
        if let Some(value) = (access.variable)(variable) {
            let is_plain = variable == "AWS_ENDPOINT_URL" && value.starts_with("http://");
            builder = builder.with_config(key, value);
            if is_plain {
                builder = builder.with_allow_http(true);
            }
        }
    }
    Ok(Arc::new(builder.with_retry(retries()).with_http_connector(connector).build()?))
}

fn retries() -> RetryConfig {
    RetryConfig {
        max_retries: RETRIES_MAX,
        retry_timeout: std::time::Duration::from_secs(RETRIES_SECONDS_MAX),
        ..RetryConfig::default()
    }
}

fn failed(error: object_store::Error) -> BlobError {
    match error {
        object_store::Error::NotFound { .. } => BlobError::Missing,
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
            BlobError::Denied(error)
        }
        error => {
            // What the address policy or the network said lies at the bottom.
            let mut innermost: &dyn std::error::Error = &error;
            while let Some(source) = innermost.source() {
                innermost = source;
            }
            let innermost = innermost.to_string();
            match status_of(&innermost) {
                Some(401 | 403) => BlobError::Denied(error),
                Some(status) => BlobError::Failed(format!("it answered {status}")),
                None => BlobError::Failed(innermost),
            }
        }
    }
}

/// The status of a refused listing, which the store tells in words alone, ahead of the answer's body.
fn status_of(told: &str) -> Option<u16> {
    told.split_once("status code: ")?.1.get(..3)?.parse().ok()
}

/// Sends the store's requests through the one HTTP client.
#[derive(Clone, Debug)]
struct Connector {
    client: Outbound,
    bytes_max: u64,
}

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Connector {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (head, body) = request.into_parts();
        let unknown = |error: http::Error| HttpError::new(HttpErrorKind::Unknown, error);
        let method = match head.method {
            http::Method::HEAD => Method::Head,
            http::Method::POST => Method::Post,
            http::Method::PUT => Method::Put,
            http::Method::DELETE => Method::Delete,
            _ => Method::Get,
        };
        let text = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        };
        let headers: Vec<(String, String)> = head.headers.iter().filter_map(text).collect();
        let headers: Vec<(&str, String)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let body = body.as_bytes().filter(|bytes| !bytes.is_empty()).cloned();
        let url = head.uri.to_string();
        let exchange = self.client.send(Request { url: &url, method, headers: &headers, body });
        let exchange = exchange.await.map_err(broken)?;
        let mut response = http::Response::builder().status(exchange.status);
        for (name, value) in &exchange.headers {
            response = response.header(name, value);
        }
        let bytes = exchange.whole(self.bytes_max).await.map_err(broken)?;
        response.body(bytes.into()).map_err(unknown)
    }
}

fn broken(error: OutboundError) -> HttpError {
    let kind = match error {
        OutboundError::TimedOut { .. } => HttpErrorKind::Timeout,
        OutboundError::Failed { .. } => HttpErrorKind::Connect,
        _ => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, error)
}
