// One question with its answer: text with markers, what supports it, where the time went.

import { html, useState } from "./html.js";
import { Drawn } from "./text.js";
import { again } from "./conversation.js";
import { to } from "./route.js";
import { count, Failure, Icon, ms, Skeleton } from "./ui.js";

const STAGES = [["embed", "embed"], ["search", "search"], ["rerank", "rerank"], ["prompt", "prompt"], ["generation", "answer"]];

/** Where the time went: a bar, and the same in words. */
function Timings({ timings, usage, model }) {
  const stages = STAGES.filter(([name]) => timings[name] > 0);
  const whole = stages.reduce((sum, [name]) => sum + timings[name], 0) || 1;
  const words = stages.map(([name, label]) => `${label} ${ms(timings[name])}`).join(" · ");
  const tokens = usage.completion_tokens ? ` · ${count(usage.prompt_tokens + usage.completion_tokens, "token")}` : "";
  return html`<div class="timings">
    <div class="stacked" aria-hidden="true">
      ${stages.map(([name]) => html`<span key=${name} class=${name} style=${{ width: `${(100 * timings[name]) / whole}%` }}></span>`)}
    </div>
    <p class="muted figures">${words} · total ${ms(timings.total)} ms${tokens} · ${model}</p>
  </div>`;
}

/** How well each sentence is supported: a bar as long as the answer, and a table of the same. */
function Support({ support }) {
  const good = support.filter((one) => one.supported).length;
  return html`<details class="support">
    <summary>
      <span class="bar" aria-hidden="true">
        ${support.map((one, index) => html`<span key=${index} class=${one.supported ? "good" : "weak"} style=${{ flexGrow: String(one.sentence.length), opacity: String(0.35 + 0.65 * one.score) }}></span>`)}
      </span>
      <span>${good} of ${count(support.length, "sentence")} supported</span>
    </summary>
    <div class="table" tabindex="0" role="group" aria-label="Support by sentence"><table>
      <thead><tr><th scope="col">Sentence</th><th scope="col">Cites</th><th scope="col" class="figure">Score, 0–1</th><th scope="col">Supported</th></tr></thead>
      <tbody>${support.map((one, index) => html`<tr key=${index}>
        <td>${one.sentence}</td><td>${one.citations.join(", ") || "–"}</td>
        <td class="figure">${one.score.toFixed(2)}</td><td>${one.supported ? "yes" : "no"}</td></tr>`)}</tbody>
    </table></div>
  </details>`;
}

/** The question is not answered: what was looked at, and what would help. */
function Refusal({ result, collection, inspect }) {
  const hits = result.inspection?.hits ?? [];
  const sources = new Set(hits.map((hit) => hit.document_id)).size;
  return html`<div class="refusal">
    <p>${result.answer}</p>
    <p class="muted">${hits.length
      ? `The ${count(hits.length, "closest passage")} from ${count(sources, "document")} in ${collection} did not hold an answer.`
      : `No passage in ${collection} matched.`}</p>
    <p class="muted">To widen it: ask with other words, choose another collection above, or
      <a href=${to("/documents", { collection })}> add documents</a>.
      ${hits.length > 0 && html` <a href=${inspect}>See what was found</a>.`}</p>
  </div>`;
}

function Copy({ text }) {
  const [said, setSaid] = useState("");
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setSaid("Copied"),
      () => setSaid("The browser does not allow copying"),
    );
  return html`<button type="button" class="quiet" onClick=${copy}><${Icon} name="copy" />Copy</button>
    <span class="muted" role="status">${said}</span>`;
}

/** A small number that leads to the source. */
function Marker({ citation, isCurrent, show }) {
  const place = citation.heading_path.at(-1) ?? citation.title ?? "";
  const label = `Citation ${citation.marker}: ${citation.source}${place && `, ${place}`}`;
  return html`<button type="button" class="cite" aria-label=${label} aria-pressed=${isCurrent} title=${label} onClick=${show}>${citation.marker}</button>`;
}

export function Turn({ turn, collection, current, cite, inspect }) {
  const { state, text, citations, result, error } = turn;
  const marker = (number) => {
    const citation = citations.find((one) => one.marker === number);
    return citation && html`<${Marker} citation=${citation} isCurrent=${current === number} show=${() => cite(number)} />`;
  };
  return html`<article class="turn" aria-busy=${state === "asking"} aria-label=${turn.question}>
    <h2>${turn.question}</h2>
    ${state === "asking" && !text && html`<${Skeleton} lines=${3} what="the answer" />`}
    ${text && !result?.refused && html`<div class="answer"><${Drawn} text=${text} cite=${marker} /></div>`}
    ${result?.refused && html`<${Refusal} result=${result} collection=${collection} inspect=${inspect} />`}
    ${state === "stopped" && html`<p class="muted">Stopped. <button type="button" onClick=${() => again(turn)}>Ask again</button></p>`}
    ${state === "failed" && html`<${Failure} error=${error} what="answer" retry=${() => again(turn)} />`}
    ${result && html`<footer>
      <p class="unseen" role="status">${result.refused ? "No answer" : `Answer with ${count(citations.length, "citation")}`}</p>
      ${result.support.length > 0 && html`<${Support} support=${result.support} />`}
      <${Timings} timings=${result.timings_ms} usage=${result.usage} model=${result.model} />
      <div class="row">
        <${Copy} text=${text} />
        <a class="button quiet" href=${inspect}><${Icon} name="inspect" />Inspect</a>
      </div>
    </footer>`}
  </article>`;
}
