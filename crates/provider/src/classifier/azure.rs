//! Azure AI Content Safety (REST 2024-09-01): the resource, and what its three analyses share. One file each.

mod groundedness;
mod prompt_shields;
mod text_analysis;

pub use groundedness::AzureGroundedness;
pub use prompt_shields::AzurePromptShields;
pub use text_analysis::AzureTextAnalysis;

use bytes::Bytes;
use model::ModelError;
use outbound::Request;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::ANSWER_BYTES_MAX;
use crate::Endpoint;

const API_VERSION: &str = "2024-09-01";
/// Groundedness is in this version alone.
const PREVIEW_VERSION: &str = "2024-09-15-preview";
/// The most characters of one text, in Azure's documentation.
const CHARS_MAX: usize = 10_000;

/// A resource: its address is the endpoint's, its name the endpoint's model.
struct Resource {
    endpoint: Endpoint,
}

impl Resource {
    /// Asks for one analysis.
    async fn ask<A: DeserializeOwned>(
        &self,
        (analysis, version): (&str, &str),
        body: &impl Serialize,
    ) -> Result<A, ModelError> {
        let endpoint = &self.endpoint;
        let failed = |why: &str| ModelError::Failed { model: endpoint.model.clone(), why: why.to_owned() };
        let base = endpoint.base_url.trim_end_matches('/');
        let url = format!("{base}/contentsafety/text:{analysis}?api-version={version}");
        let key = endpoint.api_key.iter();
        let headers: Vec<_> = key.map(|key| ("ocp-apim-subscription-key", key.reveal().to_owned())).collect();
        let body = serde_json::to_vec(body).map_err(|_| failed("the text cannot be written as JSON"))?;
        let body = Some(Bytes::from(body));
        let request = Request { url: &url, headers: &headers, body, ..Request::default() };
        let answer = endpoint.exchange(request).await?.whole(ANSWER_BYTES_MAX).await;
        let answer = answer.map_err(|error| endpoint.unreachable(error))?;
        // The answer may hold the text: what is wrong with it is not quoted.
        serde_json::from_slice(&answer).map_err(|_| failed("its answer is no analysis"))
    }
}
