// What an answer was made from: the question as it was searched, the hits with their scores, the exact prompt.

import { html } from "./html.js";
import { Dialog, Icon } from "./ui.js";

const score = (value, digits) => (value == null ? "–" : value.toFixed(digits));

export function Inspect({ result, close }) {
  const { question, hits, prompt } = result.inspection;
  const cited = new Set(result.citations.map((citation) => citation.document_id));
  return html`<${Dialog} label="Inspect" kind="drawer" close=${close}>
    <header class="row">
      <h2>Inspect</h2><span class="grow"></span>
      <button type="button" class="icon-button" aria-label="Close" onClick=${close}><${Icon} name="close" /></button>
    </header>
    <h3>Searched for</h3>
    <p>${question}</p>
    <h3>Found</h3>
    ${hits.length === 0
      ? html`<p class="muted">Nothing.</p>`
      : html`<div class="table" tabindex="0" role="group" aria-label="Hits"><table>
          <thead><tr><th scope="col" class="figure">Rank</th><th scope="col">Chunk</th><th scope="col" class="figure">Dense, cosine</th>
            <th scope="col" class="figure">Lexical, BM25</th><th scope="col" class="figure">Fused, 0–1</th></tr></thead>
          <tbody>${hits.map((hit) => html`<tr key=${hit.chunk_id}>
            <td class="figure">${hit.rank}</td>
            <td><details><summary>${hit.source}${hit.heading_path.length > 0 && html` <span class="muted">${hit.heading_path.join(" › ")}</span>`}
              ${cited.has(hit.document_id) && html` <span class="tag">cited</span>`}</summary><pre tabindex="0">${hit.text}</pre></details></td>
            <td class="figure">${score(hit.scores.dense, 3)}</td><td class="figure">${score(hit.scores.lexical, 2)}</td>
            <td class="figure">${score(hit.scores.fused, 3)}</td></tr>`)}</tbody>
        </table></div>`}
    <h3>Prompt</h3>
    ${prompt.length === 0
      ? html`<p class="muted">None: the answer is made of the documents' own sentences, without a chat model.</p>`
      : prompt.map((message, index) => html`<div key=${index}><p class="tag">${message.role}</p><pre tabindex="0">${message.content}</pre></div>`)}
    <p class="muted">Trace <code>${result.trace_id}</code></p>
  <//>`;
}
