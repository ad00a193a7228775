//! A server that gets requests which clients wrote, byte for byte.

use access::PrivateText;
use bytes::Bytes;
use outbound::{Exchange, Origin, OutboundError, OutboundOptions, Request};

/// How a server names its paths and takes its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// As OpenAI does: `/chat/completions`, a bearer token, the model in the body.
    #[default]
    OpenAi,
    /// As Azure OpenAI does: the deployment in the path, `api-key`, a version of the interface.
    Azure,
}

/// A server.
#[derive(Clone, Debug)]
pub struct BackendOptions {
    /// Its URL: up to and with `/v1`, or the resource's for [`Dialect::Azure`].
    pub base_url: String,
    /// How it is spoken to.
    pub dialect: Dialect,
    /// The key to it; `None` where it asks for none.
    pub api_key: Option<PrivateText>,
    /// The version of Azure's interface; empty elsewhere.
    pub api_version: String,
    /// How its connections are made.
    pub outbound: OutboundOptions,
}

/// Hands requests to a server. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Backend {
    origin: Origin,
    dialect: Dialect,
    key: Option<(&'static str, PrivateText)>,
    api_version: String,
}

/// A request on its way.
#[derive(Clone, Debug)]
pub struct Forwarded<'a> {
    /// The path below the base: `chat/completions`.
    pub path: &'a str,
    /// The model's name there, which Azure has in the path.
    pub model: &'a str,
    /// Headers to go with it.
    pub headers: &'a [(&'a str, String)],
    /// The body.
    pub body: Bytes,
}

impl Dialect {
    /// The dialect by its name in the configuration.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "openai" => Some(Self::OpenAi),
            "azure" => Some(Self::Azure),
            _ => None,
        }
    }
}

impl Backend {
    /// A server behind its options; nothing is asked yet.
    ///
    /// # Errors
    ///
    /// [`OutboundError`] when its URL is none.
    pub fn new(options: BackendOptions) -> Result<Self, OutboundError> {
        let key = options.api_key.map(|key| match options.dialect {
            Dialect::OpenAi => ("authorization", PrivateText::new(format!("Bearer {}", key.reveal()))),
            Dialect::Azure => ("api-key", key),
        });
        Ok(Self {
            origin: Origin::new(&options.base_url, &options.outbound)?,
            dialect: options.dialect,
            key,
            api_version: options.api_version,
        })
    }

    /// Sends a request, and returns as soon as the answer begins, whatever its status.
    ///
    /// # Errors
    ///
    /// [`OutboundError`] when there is no answer.
    pub async fn send(&self, request: Forwarded<'_>) -> Result<Exchange, OutboundError> {
        let path = self.path(request.path, request.model);
        let mut headers = Vec::with_capacity(request.headers.len() + 1);
        headers.extend_from_slice(request.headers);
        headers.extend(self.key.iter().map(|(name, key)| (*name, key.reveal().to_owned())));
        self.origin
            .send(Request { url: &path, headers: &headers, body: Some(request.body), ..Request::default() })
            .await
    }

    fn path(&self, path: &str, model: &str) -> String {
        match self.dialect {
            Dialect::OpenAi => format!("/{path}"),
            Dialect::Azure => {
                let (deployment, version) = (encoded(model), encoded(&self.api_version));
                format!("/openai/deployments/{deployment}/{path}?api-version={version}")
            }
        }
    }
}

/// A text as one part of a path.
fn encoded(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            whole.push(char::from(byte));
        } else {
            whole.push_str(&format!("%{byte:02X}"));
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_stands_in_the_path() {
        let path = |dialect, model: &str| {
            let options = BackendOptions {
                base_url: "https://x.openai.azure.com".into(),
                dialect,
                api_key: Some(PrivateText::new("secret")),
                api_version: "2024-10-21".into(),
                outbound: OutboundOptions::default(),
            };
            Backend::new(options).unwrap().path("chat/completions", model)
        };
        assert_eq!(path(Dialect::OpenAi, "a"), "/chat/completions");
        assert_eq!(
            path(Dialect::Azure, "gpt/4 o"),
            "/openai/deployments/gpt%2F4%20o/chat/completions?api-version=2024-10-21"
        );
    }
}
