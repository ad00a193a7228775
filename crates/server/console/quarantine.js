// Quarantine: what is held back and why, with the suspicious words marked, and trying a text on the guard.

import { html, useMemo, useState } from "./html.js";
import * as api from "./api.js";
import { to } from "./route.js";
import { StoredText } from "./source.js";
import { Confirm, count, Empty, Failure, Moment, Skeleton, useLoaded } from "./ui.js";

const KINDS = [["document", "Document"], ["prompt", "Prompt"], ["output", "Answer"]];
const percent = (score) => `${Math.round(score * 100)} %`;

/** Findings as a table: what, where, in which view, how sure. */
function Findings({ findings }) {
  return html`<div class="table" tabindex="0" role="group" aria-label="Findings"><table>
    <thead><tr><th scope="col">Detector</th><th scope="col">Why</th><th scope="col">View</th><th scope="col" class="figure figures">Bytes</th><th scope="col" class="figure figures">Score</th></tr></thead>
    <tbody>${findings.map((one, index) => html`<tr key=${index}><th scope="row">${one.detector}</th><td>${one.explanation}</td><td><code>${one.view}</code></td>
      <td class="figure figures">${one.span.start}–${one.span.end}</td><td class="figure figures">${percent(one.score)}</td></tr>`)}</tbody>
  </table></div>`;
}

/** A text with its findings marked. */
function Marked({ text, findings, label }) {
  const bytes = useMemo(() => new TextEncoder().encode(text), [text]);
  const marks = useMemo(
    () => findings
      .filter(({ span }) => span.start < span.end)
      .map((one, index) => ({ span: one.span, kind: "cited", id: String(index + 1), title: `${one.detector}: ${one.explanation}`, target: index === 0 })),
    [findings],
  );
  return html`<div class="body" tabindex="0" role="group" aria-label=${label}>
    <${StoredText} bytes=${bytes} marks=${marks} format="text" source="text.txt" />
  </div>`;
}

/** A text of one's own, scanned. Nothing is kept of it. */
function Trial() {
  const [text, setText] = useState("");
  const [kind, setKind] = useState("document");
  const [tried, setTried] = useState(null);
  const [error, setError] = useState(null);
  const scan = () => {
    setError(null);
    api.scan(text, kind).then((verdict) => setTried({ verdict, text }), setError);
  };
  const { verdict } = tried ?? {};
  return html`<h2>Try a text</h2>
    <p class="muted">Nothing is kept of it.</p>
    <label for="trial">Text</label>
    <textarea id="trial" rows="5" value=${text} onInput=${(event) => setText(event.target.value)}></textarea>
    <div class="row">
      <label for="trial-kind">What it is</label>
      <select id="trial-kind" value=${kind} onChange=${(event) => setKind(event.target.value)}>
        ${KINDS.map(([name, label]) => html`<option key=${name} value=${name} selected=${name === kind}>${label}</option>`)}
      </select>
      <button type="button" disabled=${!text.trim()} onClick=${scan}>Scan</button>
    </div>
    ${error && html`<${Failure} error=${error} what="scan the text" retry=${scan} />`}
    ${verdict && html`<div id="verdict" role="status"><p><strong>${verdict.decision}</strong>, ${percent(verdict.score)} sure that it is an attack, ${count(verdict.findings.length, "finding")}.</p></div>
      ${verdict.findings.length > 0 && html`<${Marked} text=${tried.text} findings=${verdict.findings} label="The text with its findings" /><${Findings} findings=${verdict.findings} />`}`}`;
}

export function Quarantine({ collection, exists }) {
  const loaded = useLoaded(() => (exists ? api.quarantine(collection) : Promise.resolve([])), [collection, exists]);
  const held = loaded.value;
  return html`<div class="page">
    <h1>Quarantine</h1>
    ${loaded.error && html`<${Failure} error=${loaded.error} what="list what is held back" retry=${loaded.again} />`}
    ${!loaded.error && !held && html`<${Skeleton} lines=${4} what="the quarantine" />`}
    ${held && !held.length && html`<${Empty} title="Nothing is held back"><p>Documents of <strong>${collection}</strong> that look like an attack wait here until somebody lets them in.</p><//>`}
    ${held && held.length > 0 && html`<div class="table" tabindex="0" role="group" aria-label="Documents that are held back"><table>
      <thead><tr><th scope="col">Source</th><th scope="col">Why</th><th scope="col" class="figure figures">Score</th><th scope="col">Since</th></tr></thead>
      <tbody>${held.map((one) => html`<tr key=${one.id}><th scope="row"><a href=${to(`/quarantine/${encodeURIComponent(one.id)}`, { collection })}>${one.source}</a></th>
        <td>${[...new Set(one.reasons.map((reason) => reason.detector))].join(", ")}</td>
        <td class="figure figures">${percent(one.score)}</td><td><${Moment} micros=${one.held_at} /></td></tr>`)}</tbody>
    </table></div>`}
    <${Trial} />
  </div>`;
}

/** One document that is held back, and what can be decided. */
export function Held({ collection, id, changed }) {
  const loaded = useLoaded(() => api.held(collection, id), [collection, id]);
  const [asking, setAsking] = useState(null);
  const [problem, setProblem] = useState(null);
  const decide = (decision) => {
    setAsking(null);
    api.decide(collection, id, decision).then(() => {
      changed();
      loaded.again();
    }, setProblem);
  };
  const { value } = loaded;
  return html`<div class="page document">
    <p><a href=${to("/quarantine", { collection })}>Quarantine</a></p>
    <div class="row"><h1>${value?.source ?? "Document"}</h1><span class="grow"></span>
      ${value?.state === "held" && html`<button type="button" onClick=${() => setAsking("release")}>Release</button>
        <button type="button" class="danger" onClick=${() => setAsking("reject")}>Reject</button>`}</div>
    ${(loaded.error || problem) && html`<${Failure} error=${loaded.error ?? problem} what="show what is held back" retry=${loaded.again} />`}
    ${!loaded.error && !value && html`<${Skeleton} lines=${8} what="the document" />`}
    ${value && html`<p role="status">${value.state === "held" ? html`It waits for a decision: the policy says <strong>${value.decision}</strong>, ${percent(value.score)} sure that it is an attack.` : html`It was <strong>${value.state}</strong>.`}</p>
      <h2>Why</h2><${Findings} findings=${value.reasons} />
      ${value.text != null && html`<h2>Text</h2><${Marked} text=${value.text} findings=${value.reasons} label="The text with its suspicious words" />`}`}
    ${asking === "release" && html`<${Confirm} question="Let this document in? The same bytes pass from now on." act="Release" done=${() => decide("release")} close=${() => setAsking(null)} />`}
    ${asking === "reject" && html`<${Confirm} question="Keep this document out? Its text is dropped, and the same bytes stay out." act="Reject" done=${() => decide("reject")} close=${() => setAsking(null)} />`}
  </div>`;
}
