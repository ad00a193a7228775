//! The server as its clients meet it: cited answers, streams, bad input, a crash, the command line beside it.

#![expect(clippy::unwrap_used, reason = "tests, with functions of their own")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use testkit::{Http, Patou, Reply, Upstream, write_files};

const OPS: &[u8] = "# Backups\n\nBackups are kept for thirty days. The oldest backup is deleted first.\n\n\
    # Keys\n\nKeys rotate weekly – on Mondays."
    .as_bytes();
const DOCUMENTS: &str = "/api/v1/collections/docs/documents";
const ASK: &str = "/api/v1/collections/docs/ask";

fn patou() -> Option<Patou> {
    Some(Patou::new(env!("CARGO_BIN_EXE_patou"), Some(&testkit::models()?)))
}

fn upload(http: &Http, name: &str, bytes: &[u8]) -> Value {
    let response = http.upload(DOCUMENTS, &[(name, bytes)]).unwrap();
    assert_eq!(response.status, 200);
    response.json()
}

/// Every quote is the stored text at its span, as the server hands it out.
fn check_quotes(http: &Http, answer: &Value) {
    for citation in answer["citations"].as_array().unwrap() {
        let word = |name: &str| citation[name].as_str().unwrap();
        let place = |name: &str| usize::try_from(citation["span"][name].as_u64().unwrap()).unwrap();
        let path = format!("{DOCUMENTS}/{}/text?version={}", word("document_id"), word("version"));
        let text = http.get(&path).text();
        assert_eq!(&text[place("start")..place("end")], word("quote"));
    }
}

fn code(response: testkit::Response) -> (u16, String) {
    let status = response.status;
    let trace = response.header("x-trace-id").map(str::to_owned);
    let body = response.json();
    let error = &body["error"];
    assert_eq!(error["trace_id"].as_str().map(str::to_owned), trace, "{body}");
    assert!(!error["message"].as_str().unwrap().is_empty(), "{body}");
    (status, error["code"].as_str().unwrap().to_owned())
}

#[test]
fn documents_are_uploaded_listed_shown_asked_and_deleted() {
    let Some(patou) = patou() else { return };
    let served = patou.serve(&[]);
    let http = &served.http;
    assert_eq!(http.get("/health").status, 200);
    assert_eq!(http.get("/ready").status, 200);
    let report = upload(http, "team/ops.md", OPS);
    assert_eq!((&report["added"], &report["failed"]), (&json!(1), &json!([])));
    let again = upload(http, "team/ops.md", OPS);
    assert_eq!(again["unchanged"], 1);
    let listed = http.get(DOCUMENTS).json();
    let document = &listed["documents"][0];
    assert_eq!(document["source"], "team/ops.md");
    let id = document["document_id"].as_str().unwrap();
    assert_eq!(http.get(&format!("{DOCUMENTS}/{id}/text")).text().as_bytes(), OPS);
    assert_eq!(http.get(&format!("{DOCUMENTS}/team%2Fops.md")).json()["document_id"], id);
    let answer = http.post(ASK, &json!({"question": "How long are backups kept?", "inspect": true})).json();
    assert!(answer["answer"].as_str().unwrap().contains("thirty days"), "{answer}");
    assert!(!answer["inspection"]["hits"].as_array().unwrap().is_empty());
    check_quotes(http, &answer);
    let found =
        http.post("/api/v1/collections/docs/search", &json!({"query": "rotate keys", "top_k": 1})).json();
    assert_eq!(found["hits"].as_array().unwrap().len(), 1);
    assert_eq!(http.send(&format!("DELETE {DOCUMENTS}/{id}"), &[], b"").status, 204);
    assert_eq!(code(http.get(&format!("{DOCUMENTS}/{id}"))), (404, "not_found".into()));
    let gone = http.post(ASK, &json!({"question": "How long are backups kept?"})).json();
    assert_eq!(gone["refused"], true);
    let metrics = http.get("/metrics").text();
    assert!(metrics.contains("patou_ingested_items_total{outcome=\"added\"} 1"), "{metrics}");
    assert!(!metrics.contains("thirty"));
    assert_eq!(served.stop(), Some(0));
}

#[test]
fn an_upload_tells_how_it_goes_on() {
    let Some(patou) = patou() else { return };
    let served = patou.serve(&[]);
    let body =
        b"--cut\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.md\"\r\n\r\n# A\n\nwords\r\n\
        --cut\r\ncontent-disposition: form-data; name=\"acl\"\r\n\r\ngroup:board\r\n--cut--\r\n";
    let headers = [("content-type", "multipart/form-data; boundary=cut"), ("accept", "text/event-stream")];
    let events = served.http.send(&format!("POST {DOCUMENTS}"), &headers, body).events();
    assert_eq!(events.first().unwrap().name, "progress");
    let done = events.last().unwrap();
    assert_eq!((done.name.as_str(), &done.json()["added"]), ("done", &json!(1)));
    let listed = served.http.get(DOCUMENTS).json();
    assert_eq!(listed["documents"], json!([]), "nobody in particular may not see it");
    let all = patou.json(0, &["documents", "list"]);
    assert_eq!(all["documents"][0]["access"], json!(["group:board"]));
}

#[test]
fn a_models_answer_is_streamed_with_its_citations() {
    let Some(patou) = patou() else { return };
    let said = "Backups are kept for thirty days [1]. Keys rotate weekly – on Mondays [1]. Gold is dear [9].";
    let upstream = Upstream::saying(said, 5);
    let served = patou.serve(&Patou::chat_at(&upstream.url()));
    let http = &served.http;
    upload(http, "ops.md", OPS);
    let question = json!({"question": "How long are backups kept?"});
    let (mut told, mut cited) = (String::new(), Vec::new());
    let events = http.stream(ASK, &question).events();
    for event in &events {
        match event.name.as_str() {
            "token" => told.push_str(event.json()["text"].as_str().unwrap()),
            "citation" => {
                let marker = event.json()["marker"].clone();
                assert!(!told.contains(&format!("[{marker}]")), "a marker before its citation");
                cited.push(marker);
            }
            _ => {}
        }
    }
    let done = events.last().unwrap();
    assert_eq!(done.name, "done");
    let answer = done.json();
    assert_eq!(answer["answer"], told);
    assert_eq!(
        told,
        "Backups are kept for thirty days [1]. Keys rotate weekly – on Mondays [2]. Gold is dear ."
    );
    assert_eq!(cited, [json!(1), json!(2)]);
    assert_eq!(answer["citations"][1]["quote"], "Keys rotate weekly – on Mondays.");
    let supported: Vec<&Value> =
        answer["support"].as_array().unwrap().iter().map(|support| &support["supported"]).collect();
    assert_eq!(supported, [&json!(true), &json!(true), &json!(false)]);
    assert_eq!(answer["usage"]["prompt_tokens"], 7);
    check_quotes(http, &answer);
    let prompt = &upstream.bodies()[0];
    assert!(prompt.contains("Keys rotate weekly") && prompt.contains("Question: How long are backups kept?"));
}

#[test]
fn a_collection_is_a_model_of_openai_clients() {
    let Some(patou) = patou() else { return };
    let upstream = Upstream::saying("Backups are kept for thirty days [1].", 4);
    let served = patou.serve(&Patou::chat_at(&upstream.url()));
    let http = &served.http;
    upload(http, "ops.md", OPS);
    let models = http.get("/v1/models").json();
    let names: Vec<&str> =
        models["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert_eq!(names, ["rag/docs", "scripted", "all-MiniLM-L6-v2"]);
    let mut request = json!({
        "model": "rag/docs", "temperature": 0.2, "unknown": {"field": 1},
        "messages": [{"role": "user", "content": "How long are backups kept?"}],
    });
    let whole = http.post("/v1/chat/completions", &request).json();
    let message = &whole["choices"][0]["message"];
    assert_eq!(message["content"], "Backups are kept for thirty days [1].");
    let cited = &message["annotations"][0];
    assert_eq!(
        (&cited["url_citation"]["start_index"], &cited["url_citation"]["end_index"]),
        (&json!(33), &json!(36))
    );
    assert_eq!(cited["patou"]["quote"], "Backups are kept for thirty days.");
    assert_eq!(whole["usage"]["total_tokens"], 7 + 10);
    request["stream"] = json!(true);
    request["stream_options"] = json!({"include_usage": true});
    let events = http.post("/v1/chat/completions", &request).events();
    assert_eq!(events.last().unwrap().data, "[DONE]");
    let text: String = events
        .iter()
        .filter_map(|event| Some(event.json()["choices"][0]["delta"]["content"].as_str()?.to_owned()))
        .collect();
    assert_eq!(text, message["content"].as_str().unwrap());
    let vectors =
        http.post("/v1/embeddings", &json!({"model": "all-MiniLM-L6-v2", "input": ["a", "b"]})).json();
    assert_eq!(vectors["data"][1]["embedding"].as_array().unwrap().len(), 384);
    assert_eq!(
        code(http.post("/v1/chat/completions", &json!({"model": "gpt-9"}))),
        (404, "not_found".into())
    );
}

#[test]
fn the_stacks_model_gets_and_gives_bytes_untouched() {
    let Some(patou) = patou() else { return };
    let stream = "data: {\"choices\":[{\"delta\":{\"content\":\"x\",\"tool\":null}}] , \"new\":1}\r\n\r\n: note\n\ndata: [DONE]\n\n";
    let upstream = Upstream::start(move |asked| match asked["stream"].as_bool() {
        Some(true) => Reply::Raw(stream.to_owned()),
        _ => Reply::Status(
            400,
            "{\"error\":{\"message\":\"too long\",\"code\":\"context_length_exceeded\"}}".into(),
        ),
    });
    let served = patou.serve(&Patou::chat_at(&upstream.url()));
    let body =
        "{ \"model\":\"scripted\",\"stream\" : true, \"tools\":[{\"type\":\"function\"}], \"messages\":[ ] }";
    let headers = [("content-type", "application/json")];
    let response = served.http.send("POST /v1/chat/completions", &headers, body.as_bytes());
    assert_eq!(response.header("content-type"), Some("text/event-stream"));
    assert_eq!(response.text(), stream);
    assert_eq!(upstream.bodies(), [body]);
    let refused = served.http.post("/v1/chat/completions", &json!({"model": "scripted", "messages": []}));
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["error"]["code"], "context_length_exceeded");
}

#[test]
fn a_client_that_leaves_stops_the_model() {
    let Some(patou) = patou() else { return };
    // What may still become a value is held back; this is longer.
    let said = "Backups are kept for thirty days, says the manual of the house. ".repeat(6);
    let upstream = Upstream::start(move |_| Reply::SaysAndHangs(vec![said.clone()]));
    let served = patou.serve(&Patou::chat_at(&upstream.url()));
    upload(&served.http, "ops.md", OPS);
    let mut asking = served.http.stream(ASK, &json!({"question": "How long are backups kept?"}));
    assert_eq!(asking.event().unwrap().name, "token");
    drop(asking);
    assert_eq!(upstream.wait_for_leavers(1), 1);
    let body = json!({"model": "scripted", "stream": true, "messages": []});
    let mut forwarded = served.http.post("/v1/chat/completions", &body);
    assert!(forwarded.event().is_some());
    drop(forwarded);
    assert_eq!(upstream.wait_for_leavers(2), 2);
}

#[test]
fn bad_input_gets_the_errors_shape_and_harms_nobody() {
    let Some(patou) = patou() else { return };
    let upstream = Upstream::start(|_| Reply::Silent);
    let url = upstream.url();
    let mut variables = Patou::chat_at(&url).to_vec();
    variables.push(("PATOU_SERVER_UPLOAD_BYTES_MAX", "4000"));
    variables.push(("PATOU_STACKS_SELFHOSTED_CHAT_FIRST_SECONDS_MAX", "1"));
    let served = patou.serve(&variables);
    let http = &served.http;
    upload(http, "ops.md", OPS);
    let json_kind = ("content-type", "application/json");
    let question = json!({"question": "How long are backups kept?"});
    let asked = question.to_string();
    assert_eq!(code(http.post("/api/v1/collections/nope/ask", &question)), (404, "not_found".into()));
    assert_eq!(code(http.stream("/api/v1/collections/nope/ask", &question)), (404, "not_found".into()));
    assert_eq!(
        code(http.send(&format!("POST {ASK}"), &[json_kind], b"{\"question\":")),
        (400, "wrong_use".into())
    );
    assert_eq!(
        code(http.post(ASK, &json!({"question": "x", "filter": "nope ="}))),
        (400, "wrong_use".into())
    );
    assert_eq!(code(http.post(ASK, &json!({"question": " "}))), (400, "wrong_use".into()));
    assert_eq!(code(http.send("POST /v1/chat/completions", &[json_kind], b"[]")), (400, "wrong_use".into()));
    let kind = ("content-type", "multipart/form-data; boundary=cut");
    assert_eq!(
        code(http.send(&format!("POST {DOCUMENTS}"), &[kind], b"no parts")),
        (400, "wrong_use".into())
    );
    assert_eq!(code(http.send(&format!("POST {DOCUMENTS}"), &[json_kind], b"{}")), (400, "wrong_use".into()));
    assert_eq!(code(http.upload(DOCUMENTS, &[("../../etc/x.md", b"x")]).unwrap()), (400, "wrong_use".into()));
    let large = vec![b'x'; 5000];
    assert_eq!(code(http.upload(DOCUMENTS, &[("large.md", &large)]).unwrap()), (413, "too_large".into()));
    for header in
        [("origin", "http://example.org"), ("host", "example.org"), ("sec-fetch-site", "cross-site")]
    {
        let refused = http.send(&format!("POST {ASK}"), &[json_kind, header], asked.as_bytes());
        assert_eq!(code(refused), (403, "forbidden".into()), "{header:?}");
    }
    assert_eq!(code(http.send("DELETE /api/v1/collections/docs", &[], b"")), (403, "forbidden".into()));
    assert_eq!(code(http.post("/api/v1/local/command", &json!({}))), (403, "forbidden".into()));
    assert_eq!(code(http.post(ASK, &question)), (504, "timed_out".into()), "the model is slow");
    drop(upstream);
    assert_eq!(code(http.post(ASK, &question)), (503, "unavailable".into()), "the model is down");
    let events = http.stream(ASK, &question).events();
    let last = events.last().unwrap();
    assert_eq!((last.name.as_str(), &last.json()["error"]["code"]), ("error", &json!("unavailable")));
    let found = http.post("/api/v1/collections/docs/search", &json!({"query": "backups"})).json();
    assert_eq!(found["hits"][0]["source"], "ops.md", "searching goes on");
}

#[test]
fn whatever_was_acknowledged_is_there_after_a_crash() {
    let Some(patou) = patou() else { return };
    let served = patou.serve(&[]);
    let http = served.http;
    upload(&http, "ops.md", OPS);
    let acknowledged = Mutex::new(Vec::new());
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for writer in 0..3 {
            let (acknowledged, over) = (&acknowledged, &over);
            scope.spawn(move || {
                for number in 0.. {
                    let name = format!("w{writer}-{number}.md");
                    let text = format!("# Note {number}\n\nWriter {writer} wrote note {number}.");
                    let sent = http.upload(DOCUMENTS, &[(&name, text.as_bytes())]);
                    if !sent.is_ok_and(|sent| sent.status == 200 && sent.text().contains("\"added\":1")) {
                        return;
                    }
                    acknowledged.lock().unwrap().push((name, text));
                    if over.load(Ordering::SeqCst) {
                        return;
                    }
                }
            });
        }
        scope.spawn(|| {
            while http
                .try_send(
                    &format!("POST {ASK}"),
                    &[("content-type", "application/json")],
                    b"{\"question\":\"Who wrote?\"}",
                )
                .is_ok()
            {}
        });
        while acknowledged.lock().unwrap().len() < 12 {
            std::thread::yield_now();
        }
        over.store(true, Ordering::SeqCst);
        served.kill();
    });
    let served = patou.serve(&[]);
    let http = served.http;
    for (name, text) in acknowledged.into_inner().unwrap() {
        assert_eq!(http.get(&format!("{DOCUMENTS}/{name}/text")).text(), text);
        let body = json!({"query": text, "filter": format!("source = \"{name}\"")});
        let found = http.post("/api/v1/collections/docs/search", &body).json();
        assert_eq!(found["hits"][0]["source"], name, "{found}");
    }
    drop(served);
    let checks = patou.json(0, &["doctor"]);
    assert!(checks.to_string().contains("index and registry agree"), "{checks}");
}

#[test]
fn the_command_line_goes_through_a_running_server() {
    let Some(patou) = patou() else { return };
    write_files(
        patou.home(),
        &[("in/a.md", b"# Tea\n\nGreen tea is steeped for two minutes."), ("in/b.md", OPS)],
    );
    let served = patou.serve(&[]);
    let report = patou.json(0, &["ingest", "in"]);
    assert_eq!((&report["added"], &report["failed"]), (&json!(2), &json!([])));
    let answer = patou.json(0, &["ask", "How long is green tea steeped?"]);
    assert_eq!(answer["citations"][0]["source"], "a.md");
    assert_eq!(patou.json(0, &["documents", "list"])["documents"].as_array().unwrap().len(), 2);
    assert!(patou.fails(1, &["search", "x", "--collection", "nope"]).contains("hint"));
    assert!(patou.fails(2, &["ask", " "]).contains("hint"));
    assert_eq!(patou.json(0, &["documents", "delete", "a.md"])["deleted"].as_array().unwrap().len(), 1);
    assert_eq!(served.http.get(DOCUMENTS).json()["documents"].as_array().unwrap().len(), 1);
    let second = patou.fails(1, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(second.contains("in use"), "{second}");
    assert_eq!(served.stop(), Some(0));
    assert_eq!(patou.json(0, &["documents", "list"])["documents"][0]["source"], "b.md");
}

#[test]
fn many_ask_at_once_while_documents_come_in() {
    let Some(patou) = patou() else { return };
    let upstream = Upstream::saying("Backups are kept for thirty days [1].", 6);
    let served = patou.serve(&Patou::chat_at(&upstream.url()));
    let http = served.http;
    upload(&http, "ops.md", OPS);
    let answered = Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                let answer = http.post(ASK, &json!({"question": "How long are backups kept?"})).json();
                assert_eq!(answer["citations"][0]["quote"], "Backups are kept for thirty days.", "{answer}");
                *answered.lock().unwrap() += 1;
            });
        }
        let long = "Some words about nothing in particular. ".repeat(400);
        let report = upload(&http, "long.md", long.as_bytes());
        assert_eq!(report["added"], 1);
    });
    assert_eq!(answered.into_inner().unwrap(), 64);
}

#[test]
fn a_server_that_others_could_reach_does_not_start() {
    let Some(patou) = patou() else { return };
    let refused = patou.fails(2, &["serve", "--listen", "0.0.0.0:0"]);
    assert!(refused.contains("no authentication") && refused.contains("hint"), "{refused}");
    assert!(patou.fails(2, &["serve", "--listen", "nonsense"]).contains("hint"));
}
