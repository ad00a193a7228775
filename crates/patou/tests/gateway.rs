//! The gateway through the real binary: what a model's server gets, what a client gets back.

use serde_json::{Value, json};
use testkit::{Patou, Reply, Served, Upstream, write_files};

/// Serves with this configuration, in which `{0}` and its like stand for the upstreams' URLs.
fn serve(upstreams: &[&Upstream], configuration: &str, variables: &[(&str, &str)]) -> (Patou, Served) {
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    let mut text = configuration.to_owned();
    for (index, upstream) in upstreams.iter().enumerate() {
        text = text.replace(&format!("{{{index}}}"), &upstream.url());
    }
    write_files(patou.home(), &[("patou.toml", text.as_bytes())]);
    let served = patou.serve(variables);
    (patou, served)
}

const ONE: &str = "[gateway.backends.one]\nbase_url = \"{0}\"\n[gateway.routes.m]\nbackends = [\"one\"]\n";

/// A route to two servers, of which the first is asked first.
const TWO: &str = "[gateway.backends.one]\nbase_url = \"{0}\"\n[gateway.backends.two]\nbase_url = \"{1}\"\n\
    weight = 0\n[gateway.routes.m]\nbackends = [\"one\", \"two\"]\nfirst_seconds_max = 1\nidle_seconds_max = 1\n";

fn post(served: &Served, path: &str, body: &str) -> testkit::Response {
    served.http.send(&format!("POST {path}"), &[("content-type", "application/json")], body.as_bytes())
}

fn chat(served: &Served, body: &str) -> testkit::Response {
    post(served, "/v1/chat/completions", body)
}

fn code(response: testkit::Response) -> (u16, String) {
    let status = response.status;
    let body: Value = serde_json::from_str(&response.text()).unwrap_or_default();
    (status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn bytes_pass_untouched_in_both_directions() {
    let answer = "{ \"choices\":[ {\"message\":{\"content\":\"hi\"}} ], \"own\" : 1.50 }";
    let events = ": ping\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"h\"}}],  \"own\":[1]}\n\n\
        event: x\r\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\r\n\r\ndata: [DONE]\n\n";
    let upstream = Upstream::start(move |asked| match asked["stream"] == json!(true) {
        true => Reply::Raw(events.to_owned()),
        false => Reply::Status(200, answer.to_owned()),
    });
    let (_patou, served) = serve(&[&upstream], ONE, &[]);
    let whole = "{\"model\": \"m\",\t\"messages\":[{\"role\":\"user\",\"content\":\"h\\u00e9\"}], \"unknown\":{\"b\":1,\"a\":2.0}}";
    let response = chat(&served, whole);
    assert_eq!((response.status, response.text().as_str()), (200, answer));
    let streamed = "{\"stream\":true,\"model\":\"m\",\"messages\":[]}";
    let response = chat(&served, streamed);
    assert_eq!(response.header("content-type"), Some("text/event-stream"));
    assert_eq!(response.text(), events);
    let embedded = post(&served, "/v1/embeddings", "{\"model\":\"m\",\"input\":[[1,2]]}");
    assert_eq!(embedded.text(), answer);
    let requests = upstream.requests();
    let bodies: Vec<&str> = requests.iter().map(|asked| asked.body.as_str()).collect();
    assert_eq!(bodies, [whole, streamed, "{\"model\":\"m\",\"input\":[[1,2]]}"]);
    let paths: Vec<&str> = requests.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(paths, ["/v1/chat/completions", "/v1/chat/completions", "/v1/embeddings"]);
    assert_eq!(requests[0].header("authorization"), None);
}

#[test]
fn a_backend_has_its_own_key_and_name_for_the_model() {
    let upstream = Upstream::saying("hello", 2);
    let configuration = "[gateway.backends.own]\nbase_url = \"{0}\"\nmodel = \"real/model\"\napi_key_env = \"OWN_KEY\"\n\
        [gateway.backends.azure]\nbase_url = \"{0}\"\ndialect = \"azure\"\nmodel = \"deployed\"\napi_key_file = \"KEYFILE\"\n\
        [gateway.routes.\"org/m-1.5\"]\nbackends = [\"own\"]\n[gateway.routes.az]\nbackends = [\"azure\"]\n";
    let folder = Patou::new(env!("CARGO_BIN_EXE_patou"), None);
    write_files(folder.home(), &[("key", b"from-a-file\n")]);
    let configuration = configuration.replace("KEYFILE", &folder.home().join("key").display().to_string());
    let (_patou, served) = serve(&[&upstream], &configuration, &[("OWN_KEY", "sk-own")]);
    let body = "{ \"model\" : \"org/m-1.5\" , \"messages\":[ ] }";
    let answered = served.http.send(
        "POST /v1/chat/completions",
        &[("authorization", "Bearer the-clients-own"), ("x-trace-id", "trace-1")],
        body.as_bytes(),
    );
    assert_eq!(answered.status, 200);
    assert_eq!(chat(&served, "{\"model\":\"az\",\"messages\":[]}").status, 200);
    let requests = upstream.requests();
    assert_eq!(requests[0].body, body.replace("org/m-1.5", "real/model"));
    assert_eq!(requests[0].header("authorization"), Some("Bearer sk-own"));
    assert_eq!(requests[0].header("x-request-id"), Some("trace-1"));
    assert_eq!(requests[1].path, "/v1/openai/deployments/deployed/chat/completions?api-version=2024-10-21");
    assert_eq!(
        (requests[1].header("api-key"), requests[1].header("authorization")),
        (Some("from-a-file"), None)
    );
    let models: Value = serde_json::from_str(&served.http.get("/v1/models").text()).unwrap();
    let names: Vec<&str> =
        models["data"].as_array().unwrap().iter().filter_map(|model| model["id"].as_str()).collect();
    assert!(names.contains(&"org/m-1.5") && names.contains(&"az"), "{names:?}");
    assert_eq!(code(chat(&served, "{\"model\":\"gpt-9\",\"messages\":[]}")), (404, "not_found".into()));
    assert_eq!(code(chat(&served, "{\"messages\":[]}")), (400, "wrong_use".into()));
}

#[test]
fn what_a_server_says_of_a_request_is_for_its_client_and_the_rest_is_not() {
    let said = "{\"error\":{\"message\":\"max_tokens is too large\",\"code\":\"too_large\"}}";
    let upstream = Upstream::start(move |asked| {
        Reply::Status(u16::try_from(asked["status"].as_u64().unwrap()).unwrap(), said.to_owned())
    });
    let (_patou, served) = serve(&[&upstream], ONE, &[]);
    let answered = |status: u16| chat(&served, &format!("{{\"model\":\"m\",\"status\":{status}}}"));
    let response = answered(400);
    assert_eq!((response.status, response.text().as_str()), (400, said));
    assert_eq!(code(answered(422)).0, 422);
    assert_eq!(code(answered(401)), (503, "unavailable".into()));
    assert_eq!(code(answered(429)), (429, "busy".into()));
    assert_eq!(code(answered(500)), (503, "unavailable".into()));
}

#[test]
fn another_server_is_asked_where_one_is_busy_or_gone_and_none_is_asked_twice() {
    let two = Upstream::saying("from two", 3);
    for status in [429, 503] {
        let one = Upstream::start(move |_| Reply::Status(status, "{}".into()));
        let (_patou, served) = serve(&[&one, &two], TWO, &[]);
        assert!(chat(&served, "{\"model\":\"m\"}").text().contains("from two"));
        assert_eq!(one.bodies().len(), 1);
    }
    let gone = Upstream::saying("x", 1);
    let url = gone.url();
    drop(gone);
    let (_patou, served) = serve(&[&two], &TWO.replace("{0}", &url).replace("{1}", "{0}"), &[]);
    assert!(chat(&served, "{\"model\":\"m\"}").text().contains("from two"));

    let one = Upstream::start(|_| Reply::Status(500, "{}".into()));
    let (_patou, served) = serve(&[&one, &two], TWO, &[]);
    let before = two.bodies().len();
    assert_eq!(code(chat(&served, "{\"model\":\"m\"}")), (503, "unavailable".into()));
    assert_eq!((one.bodies().len(), two.bodies().len()), (1, before));

    let (one, two) = (
        Upstream::start(|_| Reply::Status(503, "{}".into())),
        Upstream::start(|_| Reply::Status(503, "{}".into())),
    );
    let (_patou, served) = serve(&[&one, &two], TWO, &[]);
    assert_eq!(code(chat(&served, "{\"model\":\"m\"}")), (503, "unavailable".into()));
    assert_eq!((one.bodies().len(), two.bodies().len()), (1, 1));
}

#[test]
fn a_server_that_says_nothing_is_given_up_before_the_first_token_alone() {
    let two = Upstream::saying("two", 3);
    let role = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
    for silent in [Reply::Silent, Reply::RawAndHangs(role.to_owned())] {
        let one = Upstream::start(move |_| silent.clone());
        let (_patou, served) = serve(&[&one, &two], TWO, &[]);
        let told = chat(&served, "{\"model\":\"m\",\"stream\":true}").text();
        assert!(told.contains("two") && told.ends_with("data: [DONE]\n\n"), "{told}");
        assert_eq!(one.wait_for_leavers(1), 1, "the silent one is hung up on");
    }
    let one = Upstream::start(|_| Reply::SaysAndHangs(vec!["a".into()]));
    let before = two.bodies().len();
    let (_patou, served) = serve(&[&one, &two], TWO, &[]);
    let told = chat(&served, "{\"model\":\"m\",\"stream\":true}").text();
    assert!(told.contains("timed_out") && !told.contains("[DONE]"), "{told}");
    assert_eq!((two.bodies().len(), one.wait_for_leavers(1)), (before, 1));
}

#[test]
fn chaos_has_a_defined_end() {
    let token = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    let ended = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    let cases = [
        ("reset", Reply::RawAndBreaks(token.into()), 200, "failed"),
        ("half a line", Reply::Raw(format!("{token}data: {{\"choi")), 200, "failed"),
        ("no end", Reply::Raw(token.into()), 200, "failed"),
        ("garbage within", Reply::Raw(format!("{token}data: <html>\n\n{ended}")), 200, "failed"),
        (
            "an error within",
            Reply::Raw(format!("{token}data: {{\"error\":{{\"message\":\"oom\"}}}}\n\n{ended}")),
            200,
            "oom",
        ),
        ("no [DONE]", Reply::Raw(format!("{token}{ended}")), 200, "stop"),
        (
            "200, then an error",
            Reply::Raw("data: {\"error\":{\"message\":\"oom\"}}\n\n".into()),
            502,
            "bad_gateway",
        ),
        ("garbage", Reply::Raw("<html>\n\n".repeat(9)), 502, "bad_gateway"),
        ("garbage in events", Reply::Raw("data: <html>\n\n".into()), 502, "bad_gateway"),
        ("nothing", Reply::Raw(String::new()), 502, "bad_gateway"),
        ("reset before a token", Reply::RawAndBreaks(": ping\n\n".into()), 502, "bad_gateway"),
    ];
    for (name, reply, status, told) in cases {
        let upstream = Upstream::start(move |_| reply.clone());
        let (_patou, served) = serve(&[&upstream], ONE, &[("PATOU_GATEWAY_REQUESTS_MAX", "1")]);
        // The second finds the only slot free.
        for _ in 0..2 {
            let response = chat(&served, "{\"model\":\"m\",\"stream\":true}");
            assert_eq!(response.status, status, "{name}");
            let text = response.text();
            assert!(text.contains(told), "{name}: {text}");
            assert!(!text.contains("\"choi\n") && !text.contains("[DONE]"), "{name}: {text}");
            assert!(status != 200 || text.starts_with(token), "{name}: {text}");
        }
    }
}
