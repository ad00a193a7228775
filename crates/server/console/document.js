// One document: its text with the chunks it was cut into, its versions, and what could not be read.

import { html, useMemo, useState } from "./html.js";
import * as api from "./api.js";
import { go, to } from "./route.js";
import { StoredText } from "./source.js";
import { Confirm, count, Failure, Moment, Skeleton, useLoaded } from "./ui.js";

const spanOf = (words) => {
  const [start, end] = (words ?? "").split("-").map(Number);
  return Number.isInteger(start) && end > start ? { start, end } : null;
};

function Facts({ page, collection, version }) {
  const metadata = Object.entries(page.metadata);
  return html`<dl class="facts">
    <dt>Source</dt><dd>${page.source}</dd>
    <dt>Type</dt><dd>${page.format}${page.language ? `, ${page.language}` : ""}</dd>
    <dt>Chunks</dt><dd class="figures">${page.chunks.toLocaleString("en")}</dd>
    <dt>Readers</dt><dd>${page.access.join(", ") || "nobody"}</dd>
    <dt>Updated</dt><dd><${Moment} micros=${page.updated_at} /></dd>
    <dt>Versions</dt><dd><ul class="plain">${page.versions.map((one) => html`<li key=${one.version}>
      <a href=${to(`/documents/${encodeURIComponent(page.document_id)}`, { collection, version: one.version })} aria-current=${one.version === version ? "true" : null}><code>${one.version.slice(0, 8)}</code></a>
      ${" "}<${Moment} micros=${one.committed_at} />${one.version === page.version ? " · live" : ""}</li>`)}</ul></dd>
    ${metadata.map(([name, value]) => html`<dt>${name}</dt><dd>${typeof value === "string" ? value : JSON.stringify(value)}</dd>`)}
  </dl>`;
}

function Problems({ problems }) {
  if (!problems.length) return html`<p class="muted">None: all of it was read.</p>`;
  return html`<ul>${problems.map((one, index) => html`<li key=${index}><strong>${one.place}</strong>: ${one.what} – ${one.why}${one.content_lost ? " (content lost)" : ""}</li>`)}</ul>`;
}

function Text({ bytes, chunks, cited, page, version }) {
  const [hasChunks, setChunks] = useState(false);
  const marks = useMemo(() => {
    const spans = hasChunks ? chunks : [];
    const drawn = spans.map((chunk, index) => ({
      span: chunk.span,
      kind: index % 2 ? "chunk odd" : "chunk",
      id: String(index + 1),
      title: `chunk ${index + 1}, ${count(chunk.tokens, "token")}`,
    }));
    return cited ? [{ span: cited, kind: "cited", id: "cited", target: true }, ...drawn] : drawn;
  }, [hasChunks, chunks, cited?.start, cited?.end]);
  const isLive = version === page.version;
  return html`<div class="row"><h2>Text</h2><span class="grow"></span>
      ${isLive && html`<label class="check"><input type="checkbox" checked=${hasChunks} onChange=${() => setChunks(!hasChunks)} /> Show ${count(chunks.length, "chunk")}</label>`}</div>
    <div class="body" tabindex="0" role="group" aria-label="Text of the document">
      ${bytes.length ? html`<${StoredText} bytes=${bytes} marks=${marks} format=${page.format} source=${page.source} />` : html`<p class="muted">It has no text.</p>`}
    </div>`;
}

export function Document({ collection, id, query, changed }) {
  const wanted = query.get("version");
  const [deleting, setDeleting] = useState(false);
  const [problem, setProblem] = useState(null);
  const loaded = useLoaded(async () => {
    const page = await api.document(collection, id);
    const version = wanted ?? page.version;
    const [bytes, chunks, problems] = await Promise.all([api.text(collection, id, version), api.chunks(collection, id), api.problems(collection)]);
    return { page, version, bytes, chunks, problems: problems.filter((one) => one.document_id === page.document_id) };
  }, [collection, id, wanted]);
  const list = to("/documents", { collection });
  const remove = () => {
    setDeleting(false);
    api.deleteDocument(collection, id).then(() => {
      changed();
      go(list);
    }, setProblem);
  };
  const { value } = loaded;
  return html`<div class="page document">
    <p><a href=${list}>Documents</a></p>
    <div class="row"><h1>${value ? (value.page.title ?? value.page.source) : "Document"}</h1><span class="grow"></span>
      ${value && html`<button type="button" class="danger" onClick=${() => setDeleting(true)}>Delete</button>`}</div>
    ${(loaded.error || problem) && html`<${Failure} error=${loaded.error ?? problem} what="show the document" retry=${loaded.again} />`}
    ${!loaded.error && !value && html`<${Skeleton} lines=${10} what="the document" />`}
    ${value && html`<${Facts} page=${value.page} collection=${collection} version=${value.version} />
      <h2>Problems</h2><${Problems} problems=${value.problems} />
      <${Text} ...${value} cited=${spanOf(query.get("span"))} />`}
    ${deleting && html`<${Confirm} question="Delete this document with every version?" act="Delete" done=${remove} close=${() => setDeleting(false)} />`}
  </div>`;
}
