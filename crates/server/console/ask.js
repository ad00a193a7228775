// Ask: the conversation on the left, the source that a citation stands for on the right.

import { html, useEffect, useRef, useState } from "./html.js";
import { go, to } from "./route.js";
import { stop, useConversation } from "./conversation.js";
import { Turn } from "./answer.js";
import { Source } from "./source.js";
import { Inspect } from "./inspect.js";
import { Empty, Icon } from "./ui.js";

/** Where a conversation is; `cite` is `TURN.MARKER`, `inspect` a turn, both from 1. */
export const askAt = (collection, questions, { cite, inspect } = {}) =>
  to("/ask", { collection, q: questions, cite, inspect });

function Composer({ collection, asking, ask, isFirst }) {
  const [question, setQuestion] = useState("");
  const box = useRef();
  const submit = (event) => {
    event.preventDefault();
    if (!question.trim() || asking) return;
    ask(question.trim());
    setQuestion("");
  };
  const keys = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
  };
  useEffect(() => box.current.focus({ preventScroll: true }), [collection]);
  return html`<form class="composer" onSubmit=${submit}>
    <label class="unseen" for="question">Question</label>
    <textarea id="question" ref=${box} rows="2" value=${question} onInput=${(event) => setQuestion(event.target.value)}
      onKeyDown=${keys} placeholder=${isFirst ? `Ask ${collection}` : "Ask on"} autocomplete="off"></textarea>
    ${asking
      ? html`<button key="stop" type="button" class="icon-button" aria-label="Stop" onClick=${() => stop(asking)}><${Icon} name="stop" /></button>`
      : html`<button key="ask" type="submit" class="icon-button primary" aria-label="Ask" disabled=${!question.trim()}><${Icon} name="send" /></button>`}
  </form>`;
}

export function Ask({ collection, documents, query }) {
  const questions = query.getAll("q");
  const turns = useConversation(collection, questions);
  const [citedTurn, citedMarker] = (query.get("cite") ?? "").split(".").map(Number);
  const inspected = Number(query.get("inspect"));
  const at = (more) => askAt(collection, questions, more);
  const cite = (index, marker) => go(at({ cite: `${index + 1}.${marker}` }), { replace: Boolean(citedTurn) });
  const last = turns.at(-1);
  const asking = last?.state === "asking" ? last : null;
  const cited = turns[citedTurn - 1];
  const citation = cited?.citations.find(({ marker }) => marker === citedMarker);
  const end = useRef();
  // A follow-up comes into view; the first answer is read from its beginning.
  useEffect(() => {
    if (questions.length > 1) end.current?.scrollIntoView({ block: "nearest" });
  }, [questions.length]);
  return html`<div class=${`ask ${citation ? "with-source" : ""}`}>
    <h1 class="unseen">Ask</h1>
    <section class="thread" aria-label="Conversation">
      ${!questions.length &&
      (documents === 0
        ? html`<${Empty} title="Nothing to ask yet">
            <p>Answers come from documents, and <strong>${collection}</strong> has none.</p>
            <p><a class="button" href=${to("/documents", { collection })}>Add documents</a></p>
          <//>`
        : html`<${Empty} title=${`Ask ${collection}`}>
            <p>Answers come from the documents in this collection alone. Each claim carries a number that leads to the
              words it rests on; what the documents do not say is not answered.</p>
            <p class="muted"><kbd>/</kbd> question · <kbd>Ctrl K</kbd> commands</p>
          <//>`)}
      ${turns.map((turn, index) => html`<${Turn} key=${turn.key} turn=${turn} collection=${collection}
          current=${citedTurn === index + 1 ? citedMarker : null} cite=${(marker) => cite(index, marker)}
          inspect=${at({ inspect: index + 1 })} />`)}
      <div ref=${end}></div>
      ${(questions.length > 0 || documents !== 0) &&
      html`<${Composer} collection=${collection} asking=${asking} isFirst=${!questions.length}
        ask=${(question) => go(askAt(collection, [...questions, question]))} />`}
    </section>
    ${citation && html`<${Source} collection=${collection} citation=${citation} all=${cited.citations}
      show=${(marker) => cite(citedTurn - 1, marker)} close=${() => go(at())} />`}
    ${turns[inspected - 1]?.result && html`<${Inspect} result=${turns[inspected - 1].result} close=${() => go(at())} />`}
  </div>`;
}
