//! Who reads pictures: the real Tesseract where it is installed, and services as their documentation describes them.

use std::time::Duration;

use axum::body::Bytes;
use model::{ModelError, Picture, Recognized, Recognizer};
use patou_provider::{
    AzureRecognizer, Endpoint, HttpRecognizer, Tesseract, TesseractError, TesseractOptions,
};
use serde_json::json;

use super::script::{Answer, service};

/// Three lines of black letters on white, in two paragraphs and a heading.
const WORDS: &[u8] = include_bytes!("../data/words.png");

fn picture(bytes: &'static [u8]) -> Picture {
    Picture { media_type: "image/png", bytes: Bytes::from_static(bytes) }
}

fn text(read: &Recognized) -> String {
    let line = |line: &model::RecognizedLine| {
        let words: Vec<&str> = line.words.iter().map(|word| word.text.as_str()).collect();
        format!("{}{}", if line.begins_paragraph { "¶" } else { "" }, words.join(" "))
    };
    read.lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn options(program: &str, languages: &[&str]) -> TesseractOptions {
    let languages = languages.iter().map(|language| (*language).to_owned()).collect();
    TesseractOptions { program: program.into(), languages, timeout: Duration::from_secs(120) }
}

#[tokio::test]
async fn tesseract_reads_words_with_places_and_confidences() {
    let tesseract = match Tesseract::find(options("tesseract", &["eng"])).await {
        Ok(tesseract) => tesseract,
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "{error}: {}", error.hint());
            println!("left out: {error}");
            return;
        }
    };
    assert!(
        tesseract.id().starts_with("tesseract ") && tesseract.id().ends_with(" eng"),
        "{}",
        tesseract.id()
    );
    let read = tesseract.recognize(&picture(WORDS)).await.unwrap();
    let wanted = "¶Orchard report for the autumn\n¶The orchard gave 4127 crates of pears.\n\
                  ¶Frost came late and did no harm.";
    assert_eq!(text(&read), wanted);
    assert!(read.lines.iter().flat_map(|line| &line.words).all(|word| word.confidence.unwrap() > 0.8));
    let places: Vec<_> = read.lines.iter().map(|line| line.place.unwrap()).collect();
    assert!(places.is_sorted_by(|one, next| one.bottom < next.top), "{places:?}");
    assert!(places.iter().all(|place| place.left < 0.1 && place.right > 0.5), "{places:?}");

    // A picture that is cut off, and a list of files that claims to be a picture: the program is not even run on the
    // second.
    for bytes in [&WORDS[..40], b"/etc/hostname\n"] {
        let refused = tesseract.recognize(&picture(bytes)).await.unwrap_err();
        assert!(matches!(refused, ModelError::Failed { .. }), "{refused}");
    }
    // A header that asks for 14 GB of pixels.
    let mut bomb = WORDS[..33].to_vec();
    bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let bomb = Picture { media_type: "image/png", bytes: bomb.into() };
    assert!(tesseract.recognize(&bomb).await.is_err());

    let missing = Tesseract::find(options("tesseract", &["eng", "tlh"])).await.err().unwrap();
    assert!(matches!(&missing, TesseractError::Language { language, .. } if language == "tlh"), "{missing}");
}

#[tokio::test]
async fn a_missing_program_says_how_to_mend_it() {
    let missing = Tesseract::find(options("no-such-program", &["eng"])).await.err().unwrap();
    assert_eq!(missing.to_string(), "`no-such-program` is not installed");
    assert!(missing.hint().contains("tesseract-ocr"), "{}", missing.hint());
}

#[cfg(unix)]
#[tokio::test]
async fn a_run_that_takes_too_long_is_ended() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (program, told) = (folder.path().join("slow"), folder.path().join("told"));
    // Tells its process's number, then waits for good.
    let script = format!(
        "#!/bin/sh\ncase $1 in --version) echo tesseract 9;; --list-langs) echo of 1; echo eng;; \
         *) echo $$ > {}.part; mv {0}.part {0}; exec sleep 100000;; esac\n",
        told.display()
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let options = TesseractOptions {
        timeout: Duration::from_millis(300),
        ..options(program.to_str().unwrap(), &["eng"])
    };
    let slow = Tesseract::find(options).await.unwrap();
    let error = slow.recognize(&picture(WORDS)).await.unwrap_err();
    assert!(matches!(error, ModelError::TimedOut { .. }), "{error}");
    // Where it came so far as to tell its number, there is soon no such process.
    if let Ok(number) = std::fs::read_to_string(&told) {
        let process = std::path::PathBuf::from(format!("/proc/{}/cmdline", number.trim()));
        while std::fs::read(&process).is_ok_and(|line| !line.is_empty()) {
            tokio::task::yield_now().await;
        }
    }
}

fn azure(endpoint: Endpoint) -> AzureRecognizer {
    AzureRecognizer::new(endpoint).asking_every(Duration::ZERO)
}

/// The answer to an analysis that went well.
fn analysis() -> serde_json::Value {
    let word = |content: &str, offset: u32, confidence: f32| {
        json!({"content": content, "confidence": confidence, "polygon": [0, 0, 1, 0, 1, 1, 0, 1],
            "span": {"offset": offset, "length": content.len()}})
    };
    json!({"status": "succeeded", "createdDateTime": "2026-11-01T10:00:00Z", "analyzeResult": {
        "apiVersion": "2024-11-30", "modelId": "prebuilt-read", "content": "One two\nthree\nfour",
        "pages": [{"pageNumber": 1, "angle": 0, "width": 200, "height": 100, "unit": "pixel",
            "words": [word("One", 0, 0.9), word("two", 4, 0.3), word("three", 8, 0.99)],
            "lines": [
                {"content": "One two", "polygon": [20, 10, 120, 12, 120, 22, 20, 20],
                    "spans": [{"offset": 0, "length": 7}]},
                {"content": "three", "polygon": [20, 30, 80, 30, 80, 40, 20, 40],
                    "spans": [{"offset": 8, "length": 5}]},
                {"content": "four", "polygon": [], "spans": [{"offset": 14, "length": 4}]}
            ]}],
        "paragraphs": [{"spans": [{"offset": 0, "length": 13}]}, {"spans": [{"offset": 14, "length": 4}]}]
    }})
}

#[tokio::test]
async fn azure_is_asked_until_the_analysis_is_there() {
    let (script, endpoint) = service(|base| {
        let at = format!("{base}/documentintelligence/documentModels/prebuilt-read/analyzeResults/7");
        vec![
            Answer::json(202, &json!({})).with("operation-location", at).with("retry-after", "0"),
            Answer::json(200, &json!({"status": "notStarted"})),
            Answer::json(429, &json!({"error": {"code": "429"}})).with("retry-after", "0"),
            Answer::json(200, &json!({"status": "running"})),
            Answer::json(200, &analysis()),
        ]
    })
    .await;
    let read = azure(endpoint).recognize(&picture(WORDS)).await.unwrap();
    assert_eq!(text(&read), "¶One two\nthree\n¶four");
    let place = read.lines[0].place.unwrap();
    assert_eq!((place.left, place.top, place.right, place.bottom), (0.1, 0.1, 0.6, 0.22));
    let confidences: Vec<_> =
        read.lines.iter().flat_map(|line| &line.words).map(|word| word.confidence).collect();
    assert_eq!(confidences, [Some(0.9), Some(0.3), Some(0.99), None]);
    let asked = script.asked.lock().unwrap();
    let (uri, headers, body) = &asked[0];
    assert_eq!(uri, "/documentintelligence/documentModels/prebuilt-read:analyze?api-version=2024-11-30");
    assert_eq!((headers["content-type"].as_bytes(), &body[..]), (&b"application/octet-stream"[..], WORDS));
    assert!(asked.iter().all(|(_, headers, _)| headers["ocp-apim-subscription-key"] == "k3y"));
    assert_eq!(asked.len(), 5);
}

#[tokio::test]
async fn what_azure_refuses_is_told_by_what_it_means() {
    let failed =
        json!({"status": "failed", "error": {"code": "InvalidRequest", "message": "says: secret text"}});
    let cases = [
        (vec![Answer::json(401, &json!({"error": {"code": "401"}}))], "refused the key"),
        (vec![Answer::json(500, &json!({}))], "not ready"),
        (
            vec![Answer::json(400, &json!({"error": {"code": "InvalidRequest"}}))],
            "status 400, InvalidRequest",
        ),
        (vec![Answer::json(202, &json!({}))], "does not say where"),
        (
            vec![Answer::json(202, &json!({})).with("operation-location", "http://127.0.0.1:9/steal")],
            "another host",
        ),
        (
            vec![
                Answer::json(202, &json!({})).with("operation-location", "BASE/x"),
                Answer::json(200, &failed),
            ],
            "the analysis failed: InvalidRequest",
        ),
        (
            vec![
                Answer::json(202, &json!({})).with("operation-location", "BASE/x"),
                Answer::json(200, &json!("secret text")),
            ],
            "no analysis",
        ),
    ];
    for (mut answers, wanted) in cases {
        let (_, endpoint) = service(|base| {
            for (_, value) in answers.iter_mut().flat_map(|answer| &mut answer.headers) {
                *value = value.replace("BASE", base);
            }
            answers
        })
        .await;
        let error = azure(endpoint).recognize(&picture(WORDS)).await.unwrap_err().to_string();
        assert!(error.contains(wanted) && !error.contains("secret"), "{error} does not say {wanted}");
    }
    let (script, endpoint) = service(|_| Vec::new()).await;
    let gif = Picture { media_type: "image/gif", bytes: Bytes::from_static(b"GIF89a") };
    let error = azure(endpoint).recognize(&gif).await.unwrap_err();
    assert!(matches!(error, ModelError::Failed { .. }) && script.asked.lock().unwrap().is_empty(), "{error}");
}

#[tokio::test]
async fn any_service_answers_with_text_or_lines() {
    let lines = json!({"width": 100, "height": 50, "lines": [
        {"text": "One two", "confidence": 0.8, "box": [10, 5, 60, 10], "begins_paragraph": true},
        {"text": " "},
        {"text": "three"},
    ]});
    let plain =
        Answer { status: 200, headers: vec![("content-type", "text/plain".into())], body: "a b\n\nc".into() };
    let (script, endpoint) = service(|_| {
        vec![
            plain,
            Answer::json(200, &json!({"text": "x\ny", "confidence": 0.5})),
            Answer::json(200, &lines),
            Answer::json(200, &json!({"words": "secret"})),
            Answer::json(503, &json!({})),
        ]
    })
    .await;
    let service = HttpRecognizer::new(endpoint, &["eng".into(), "deu".into()]);
    let read = async || service.recognize(&picture(WORDS)).await;
    assert_eq!(text(&read().await.unwrap()), "¶a b\n¶c");
    let second = read().await.unwrap();
    assert_eq!((text(&second).as_str(), second.lines[0].words[0].confidence), ("¶x\ny", Some(0.5)));
    let third = read().await.unwrap();
    let place = third.lines[0].place.unwrap();
    assert_eq!(text(&third), "¶One two\nthree");
    assert_eq!((place.left, place.top, place.right, place.bottom), (0.1, 0.1, 0.6, 0.2));
    let broken = read().await.unwrap_err();
    assert!(
        matches!(&broken, ModelError::Failed { .. }) && !broken.to_string().contains("secret"),
        "{broken}"
    );
    assert!(matches!(read().await.unwrap_err(), ModelError::Unavailable { .. }));
    let asked = script.asked.lock().unwrap();
    let (_, headers, body) = &asked[0];
    assert_eq!((headers["content-type"].as_bytes(), &body[..]), (&b"image/png"[..], WORDS));
    assert!(
        headers["authorization"] == "Bearer k3y" && headers["x-ocr-languages"] == "eng,deu",
        "{headers:?}"
    );
}
