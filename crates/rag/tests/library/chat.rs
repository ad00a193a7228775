//! Answers that a chat model writes: what it cites, badly or well, what it is told, and what it is not.

use std::sync::{Arc, Mutex};

use access::{AccessList, PrivateText, Reader};
use model::{Message, ModelError, Role, ScriptedChat, Step};
use patou_rag::{Answer, AnswerEvent, Gone, Question, RagError};

use crate::support::{Bench, query, source};

const OPS: &str = "# Backups\n\nBackups are kept for thirty days. The oldest backup is deleted first.\n\n\
    # Keys\n\nKeys rotate weekly.";

async fn bench(chat: &ScriptedChat) -> Bench {
    let bench = Bench::with_chat(Arc::new(chat.clone())).await;
    bench.ingest(&[("ops.md", OPS), ("tea.md", "# Tea\n\nGreen tea is steeped for two minutes.")]).await;
    bench
}

async fn ask(bench: &Bench, text: &str, history: Vec<Message>) -> Result<(Answer, String), RagError> {
    let question = Question { search: query(&bench.name, text, Reader::Anonymous), history };
    let told = Mutex::new(String::new());
    let tell = |event| {
        if let AnswerEvent::Token(text) = event {
            told.lock().unwrap().push_str(&text);
        }
    };
    let answer = bench.library.answer(&question, &tell).await?;
    Ok((answer, told.into_inner().unwrap()))
}

/// Every quote is the stored text at its span.
async fn check_quotes(bench: &Bench, answer: &Answer) {
    for citation in &answer.citations {
        let text = bench.library.registry().text(&bench.name, &citation.document_id, &citation.version).await;
        assert_eq!(&text.unwrap().unwrap()[citation.span.start..citation.span.end], citation.quote);
    }
}

#[tokio::test]
async fn quotes_are_exact_however_the_model_cites() {
    let scripts = [
        ("Backups are kept for thirty days [1]. The oldest goes first [1].", true),
        ("Backups stay thirty days [2][1, 9]. Gold is yellow [77].", false),
        ("Back[1]ups are kept for thirty days.", true),
        ("Backups are kept for thirty days.", false),
        ("[1] [2] [3] [4]", true),
    ];
    for (said, supported) in scripts {
        for size in [1, 3, 7, 100] {
            let bench = bench(&ScriptedChat::saying(said, size)).await;
            let (answer, told) = ask(&bench, "How long are backups kept?", Vec::new()).await.unwrap();
            assert_eq!(told, answer.text, "what is streamed is the answer");
            assert!(answer.refusal.is_none());
            check_quotes(&bench, &answer).await;
            let all = answer.support.iter().all(|support| support.supported);
            assert_eq!(all, supported, "{said}: {:?}", answer.support);
            for number in 1..=99 {
                let cited = answer.citations.iter().any(|citation| citation.marker == number);
                assert_eq!(answer.text.contains(&format!("[{number}]")), cited, "{said}: {}", answer.text);
            }
        }
    }
}

#[tokio::test]
async fn a_model_that_finds_no_answer_refuses() {
    let bench = bench(&ScriptedChat::saying("NO ANSWER", 2)).await;
    let (answer, told) = ask(&bench, "How long are backups kept?", Vec::new()).await.unwrap();
    assert!(answer.refusal.is_some() && answer.citations.is_empty() && answer.support.is_empty());
    assert_eq!(told, answer.text);
    assert!(!told.contains("NO ANSWER"));
}

#[tokio::test]
async fn the_prompt_marks_documents_off_and_holds_nothing_that_the_reader_may_not_read() {
    let chat = ScriptedChat::saying("Fine [1].", 3);
    let bench = bench(&chat).await;
    let only = AccessList::from_principals(["group:board".parse().unwrap()]);
    bench.run(source(&[("secret.md", "# Backups\n\nBackups cost a fortune.")]), Gone::Keep, Some(only)).await;
    ask(&bench, "How long are backups kept?", Vec::new()).await.unwrap();
    let requests = chat.requests();
    let prompt: Vec<&str> = requests[0].messages.iter().map(|message| message.text.reveal()).collect();
    let [rules, asked] = prompt[..] else { panic!("{} messages", prompt.len()) };
    assert!(rules.contains("NO ANSWER") && !rules.contains("Backups"));
    assert!(asked.contains("Keys rotate weekly") && asked.ends_with("Question: How long are backups kept?"));
    assert!(!asked.contains("fortune"));
    let nonce = asked.split("<data-").nth(1).unwrap().split('>').next().unwrap();
    assert!(nonce.len() == 16 && asked.contains(&format!("</data-{nonce}>")) && rules.contains(nonce));
    ask(&bench, "How long are backups kept?", Vec::new()).await.unwrap();
    assert!(!chat.requests()[1].messages[1].text.reveal().contains(nonce));
}

#[tokio::test]
async fn a_follow_up_is_searched_for_as_a_question_of_its_own() {
    let chat = ScriptedChat::new([
        Step::say("How long is green tea steeped?", 5),
        Step::say("For two minutes [1].", 5),
    ]);
    let bench = bench(&chat).await;
    let history =
        vec![Message::new(Role::User, "What is green tea?"), Message::new(Role::Assistant, "A drink.")];
    let (answer, _) = ask(&bench, "How long is it steeped?", history).await.unwrap();
    assert_eq!(answer.inspection.question, PrivateText::new("How long is green tea steeped?"));
    assert_eq!(answer.citations[0].source, "tea.md");
    assert_eq!(answer.citations[0].quote, "Green tea is steeped for two minutes.");
    let messages = &chat.requests()[1].messages;
    assert_eq!(messages.len(), 4, "rules, the two turns before, the question");
    assert!(messages[3].text.reveal().ends_with("How long is it steeped?"));
}

#[tokio::test]
async fn nothing_is_asked_where_nothing_is_found_and_a_broken_model_is_an_error() {
    let chat = ScriptedChat::new([vec![Step::Say("Half an ans".into()), Step::Fail]]);
    let bench = bench(&chat).await;
    let mut nowhere = query(&bench.name, "How long are backups kept?", Reader::Anonymous);
    nowhere.filter = Some("source = \"none.md\"".into());
    let question = Question { search: nowhere, history: Vec::new() };
    let refused = bench.library.answer(&question, &|_| {}).await.unwrap();
    assert!(refused.refusal.is_some() && chat.requests().is_empty());
    let failed = ask(&bench, "How long are backups kept?", Vec::new()).await.unwrap_err();
    assert!(matches!(failed, RagError::Chat(ModelError::Failed { .. })), "{failed}");
}

#[tokio::test]
async fn whoever_leaves_stops_the_model() {
    // What may still become a value is held back; this is longer.
    let said = "Backups are kept for thirty days, says the manual of the house. ".repeat(6);
    let chat = ScriptedChat::new([vec![Step::Say(said), Step::Hang]]);
    let bench = bench(&chat).await;
    let question = Question {
        search: query(&bench.name, "How long are backups kept?", Reader::Anonymous),
        history: Vec::new(),
    };
    let heard = tokio::sync::Notify::new();
    let tell = |_| heard.notify_one();
    tokio::select! {
        answer = bench.library.answer(&question, &tell) => panic!("{answer:?}"),
        () = heard.notified() => {}
    }
    assert_eq!(chat.given_up(), 1);
}
