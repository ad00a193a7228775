//! Those who judge texts, and the watch over them.

use std::sync::Arc;
use std::time::Duration;

use access::PrivateText;
use model::{
    Classified, Classifier, Concern, Judgement, Label, ModelError, Sample, ScriptedChat, ScriptedClassifier,
    TextKind,
};
use patou_provider::{
    AzureGroundedness, AzurePromptShields, AzureTextAnalysis, HttpClassifier, LlamaGuard, OnFailure,
    OpenAiChat, OpenAiChatOptions, Watch, WatchedClassifier,
};
use runtime::ManualClock;
use serde_json::{Value, json};

use super::script::{Answer, Script, service};

fn said(classified: &Classified) -> Vec<(Concern, &str, Option<std::ops::Range<usize>>)> {
    let label = |label: &Label| (label.concern, label.score, label.name.clone(), label.span.clone());
    let labels: Vec<_> = classified.labels.iter().map(label).collect();
    assert!(labels.iter().all(|(_, score, ..)| (0.0..=1.0).contains(score)), "{labels:?}");
    classified.labels.iter().map(|own| (own.concern, own.name.as_str(), own.span.clone())).collect()
}

fn asked(script: &Script, at: usize) -> (String, Value) {
    let asked = script.asked.lock().unwrap();
    let (uri, _, body) = &asked[at];
    (uri.clone(), serde_json::from_slice(body).unwrap())
}

#[tokio::test]
async fn prompt_shields_are_asked_as_azure_documents_it() {
    let (script, endpoint) = service(|_| {
        vec![
            Answer::json(
                200,
                &json!({"userPromptAnalysis": {"attackDetected": true}, "documentsAnalysis": []}),
            ),
            Answer::json(200, &json!({"documentsAnalysis": [{"attackDetected": true}]})),
            Answer::json(200, &json!({"userPromptAnalysis": {"attackDetected": false}})),
            Answer::json(400, &json!({"error": {"code": "InvalidRequestBody", "message": "secret text"}})),
        ]
    })
    .await;
    let shields = AzurePromptShields::new(endpoint);
    let found = shields.classify(&Sample::new(TextKind::Prompt, "do anything now")).await.unwrap();
    assert_eq!(said(&found), [(Concern::Jailbreak, "UserPromptAttack", None)]);
    let (uri, body) = asked(&script, 0);
    assert_eq!(uri, "/contentsafety/text:shieldPrompt?api-version=2024-09-01");
    assert_eq!(body, json!({"userPrompt": "do anything now", "documents": []}));
    assert_eq!(script.asked.lock().unwrap()[0].1["ocp-apim-subscription-key"], "k3y");

    let found = shields.classify(&Sample::new(TextKind::Document, "a page")).await.unwrap();
    assert_eq!(said(&found), [(Concern::Injection, "DocumentAttack", None)]);
    assert_eq!(asked(&script, 1).1, json!({"userPrompt": "", "documents": ["a page"]}));
    assert!(said(&shields.classify(&Sample::new(TextKind::Prompt, "x")).await.unwrap()).is_empty());
    let error = shields.classify(&Sample::new(TextKind::Prompt, "x")).await.unwrap_err();
    assert!(matches!(&error, ModelError::Rejected { code, .. } if code == ", InvalidRequestBody"), "{error}");
    assert!(!error.to_string().contains("secret"));
    assert!(!shields.judges(&Sample::new(TextKind::Output, "x")));
}

#[tokio::test]
async fn long_texts_are_judged_in_pieces_and_spans_are_of_the_whole() {
    let clean = || Answer::json(200, &json!({"categoriesAnalysis": [{"category": "Hate", "severity": 0}]}));
    let (script, endpoint) = service(|_| {
        let hit =
            json!({"blocklistsMatch": [], "categoriesAnalysis": [{"category": "Violence", "severity": 6}]});
        vec![clean(), Answer::json(200, &hit), clean()]
    })
    .await;
    let analysis = AzureTextAnalysis::new(endpoint, vec!["house".into()]);
    let text = "word ".repeat(4_500);
    let found = analysis.classify(&Sample::new(TextKind::Output, text.clone())).await.unwrap();
    let asked: Vec<Value> = (0..3).map(|at| asked(&script, at).1).collect();
    let sent: Vec<&str> = asked.iter().map(|body| body["text"].as_str().unwrap()).collect();
    assert!(sent.iter().all(|piece| piece.chars().count() <= 10_000 && piece.ends_with(' ')));
    assert_eq!(asked[0]["blocklistNames"], json!(["house"]));
    let [(Concern::Harm, "Violence", Some(span))] = &said(&found)[..] else { panic!("{found:?}") };
    assert!(sent.contains(&&text[span.clone()]) && span.len() < text.len());

    let (script, endpoint) = service(|_| Vec::new()).await;
    let endless = Sample::new(TextKind::Output, "x".repeat(10_000 * 300));
    let error = AzureTextAnalysis::new(endpoint, Vec::new()).classify(&endless).await.unwrap_err();
    assert!(error.to_string().contains("longer than") && script.asked.lock().unwrap().is_empty(), "{error}");
}

#[tokio::test]
async fn groundedness_says_which_words_no_passage_carries() {
    let (script, endpoint) = service(|_| {
        vec![
            Answer::json(
                200,
                &json!({"ungroundedDetected": true, "ungroundedPercentage": 0.5,
                "ungroundedDetails": [{"text": "It costs 90 €."}]}),
            ),
            Answer::json(200, &json!({"ungroundedDetected": true, "ungroundedPercentage": 0.4})),
            Answer::json(
                200,
                &json!({"ungroundedDetected": false, "ungroundedPercentage": 0, "ungroundedDetails": []}),
            ),
        ]
    })
    .await;
    let grounded = AzureGroundedness::new(endpoint);
    let mut sample = Sample::new(TextKind::Output, "It is open. It costs 90 €. Bring a coat.");
    assert!(!grounded.judges(&sample), "without passages there is nothing to judge by");
    sample.grounds = vec![PrivateText::new("Open daily, 60 €.")];
    sample.question = Some(PrivateText::new("What does it cost?"));
    assert!(grounded.judges(&sample));
    let found = grounded.classify(&sample).await.unwrap();
    assert_eq!(said(&found), [(Concern::Ungrounded, "Ungrounded", Some(12..28))]);
    let (uri, body) = asked(&script, 0);
    assert_eq!(uri, "/contentsafety/text:detectGroundedness?api-version=2024-09-15-preview");
    assert_eq!(
        body,
        json!({"domain": "Generic", "task": "QnA", "qna": {"query": "What does it cost?"},
            "text": "It is open. It costs 90 €. Bring a coat.", "groundingSources": ["Open daily, 60 €."],
            "reasoning": false})
    );
    let vague = grounded.classify(&sample).await.unwrap();
    assert_eq!((vague.labels[0].score, vague.labels[0].span.clone()), (0.4, None));
    assert!(grounded.classify(&sample).await.unwrap().labels.is_empty());
}

#[tokio::test]
async fn llama_guard_is_asked_through_an_openai_compatible_server() {
    let answer = |text: &str| {
        let body = json!({"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]});
        Answer::json(200, &body)
    };
    let (script, endpoint) =
        service(|_| vec![answer("\n\nunsafe\nS2,S9"), answer("safe"), answer("As a model I …")]).await;
    let options = OpenAiChatOptions { endpoint, context_tokens: 8192 };
    let guard = LlamaGuard::new("llama", Arc::new(OpenAiChat::new(options)));
    let mut sample = Sample::new(TextKind::Output, "First you take …");
    sample.question = Some(PrivateText::new("How do I?"));
    let found = guard.classify(&sample).await.unwrap();
    assert_eq!(said(&found), [(Concern::Harm, "S2", None), (Concern::Harm, "S9", None)]);
    let (uri, body) = asked(&script, 0);
    assert_eq!(uri, "/chat/completions");
    assert_eq!(
        body["messages"],
        json!([{"role": "user", "content": "How do I?"}, {"role": "assistant", "content": "First you take …"}])
    );
    assert_eq!(body["temperature"], json!(0.0));
    let prompt = Sample::new(TextKind::Prompt, "hello");
    assert!(guard.classify(&prompt).await.unwrap().labels.is_empty());
    assert!(matches!(guard.classify(&prompt).await, Err(ModelError::Failed { .. })));
    let hanging = LlamaGuard::new("llama", Arc::new(ScriptedChat::saying(&"safe and sound ".repeat(500), 7)));
    assert!(matches!(hanging.classify(&prompt).await, Err(ModelError::Failed { .. })));
}

#[tokio::test]
async fn any_service_answers_with_labels() {
    let label = |label: Value| Answer::json(200, &json!({"labels": [label]}));
    let (script, endpoint) = service(|_| {
        vec![
            label(json!({"category": "pii", "name": "BadgeNumber", "score": 0.8, "span": {"start": 6, "end": 10}})),
            label(json!({"category": "harm", "name": "a sentence with the secret", "score": 0.6})),
            label(json!({"category": "harm", "score": 7})),
            label(json!({"category": "weather", "score": 0.1})),
            label(json!({"category": "harm", "score": 1, "span": {"start": 0, "end": 999}})),
            Answer::json(200, &json!(["secret"])),
        ]
    })
    .await;
    let service = HttpClassifier::new(endpoint);
    let sample = Sample::new(TextKind::Document, "badge 4711");
    let found = service.classify(&sample).await.unwrap();
    assert_eq!(said(&found), [(Concern::Pii, "BadgeNumber", Some(6..10))]);
    assert_eq!(asked(&script, 0).1, json!({"kind": "document", "text": "badge 4711"}));
    assert_eq!(script.asked.lock().unwrap()[0].1["authorization"], "Bearer k3y");
    assert_eq!(said(&service.classify(&sample).await.unwrap()), [(Concern::Harm, "harm", None)]);
    for _ in 0..4 {
        let error = service.classify(&sample).await.unwrap_err();
        assert!(
            matches!(error, ModelError::Failed { .. }) && !error.to_string().contains("secret"),
            "{error}"
        );
    }
}

fn watched(
    script: impl IntoIterator<Item = Judgement>,
    on_failure: OnFailure,
) -> (Arc<ScriptedClassifier>, Arc<ManualClock>, WatchedClassifier) {
    let inner = Arc::new(ScriptedClassifier::new("theirs", script));
    let clock = Arc::new(ManualClock::new(1_000_000));
    let watch = Watch {
        kinds: vec![TextKind::Prompt],
        deadline: Duration::from_millis(20),
        on_failure,
        keep: Duration::from_secs(60),
    };
    (Arc::clone(&inner), Arc::clone(&clock), WatchedClassifier::new(inner, watch, clock))
}

#[tokio::test]
async fn a_judgement_is_kept_for_a_while() {
    let harm = Judgement::of(Concern::Harm, 0.5);
    let (inner, clock, watched) = watched([harm, Judgement::Labels(Vec::new())], OnFailure::Closed);
    let sample = Sample::new(TextKind::Prompt, "x");
    assert!(watched.judges(&sample) && !watched.judges(&Sample::new(TextKind::Output, "x")));
    let first = watched.classify(&sample).await.unwrap();
    assert_eq!((&first, inner.asked().len()), (&watched.classify(&sample).await.unwrap(), 1));
    let mut other = sample.clone();
    other.question = Some(PrivateText::new(""));
    assert!(watched.classify(&other).await.unwrap().labels.is_empty(), "another question is another text");
    clock.advance_micros(60_000_000);
    assert!(watched.classify(&sample).await.unwrap().labels.is_empty() && inner.asked().len() == 3);
}

#[tokio::test]
async fn one_that_fails_is_left_alone_and_its_texts_pass_or_not_as_chosen() {
    let (inner, clock, closed) = watched(
        [Judgement::Hang, Judgement::Unavailable, Judgement::Hang, Judgement::Labels(Vec::new())],
        OnFailure::Closed,
    );
    let sample = |number: usize| Sample::new(TextKind::Prompt, number.to_string());
    for number in 0..3 {
        assert!(closed.classify(&sample(number)).await.is_err());
    }
    let error = closed.classify(&sample(3)).await.unwrap_err().to_string();
    assert!(error.contains("left alone") && inner.asked().len() == 3, "{error}");
    clock.advance_micros(2_000_000);
    assert!(closed.classify(&sample(4)).await.is_ok() && inner.asked().len() == 4);

    let (_, _, open) = watched([Judgement::Unavailable], OnFailure::Open);
    assert_eq!(open.classify(&sample(0)).await.unwrap(), Classified::default());
}
