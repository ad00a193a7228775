// Documents: what is in a collection, and ways to add and remove it.

import { html, useState } from "./html.js";
import * as api from "./api.js";
import { go, to } from "./route.js";
import { Uploads } from "./upload.js";
import { Confirm, count, Dialog, Empty, Failure, Moment, Skeleton, useLoaded } from "./ui.js";

/** How many rows are drawn before more are asked for. */
const ROWS = 200;

const COLUMNS = [
  { name: "source", label: "Source" },
  { name: "title", label: "Title" },
  { name: "format", label: "Type" },
  { name: "chunks", label: "Chunks", isFigure: true },
  { name: "language", label: "Language" },
  { name: "version", label: "Version" },
  { name: "problems", label: "Problems", isFigure: true },
  { name: "updated_at", label: "Updated" },
];

function compare(a, b) {
  if (a == null || b == null) return (a == null) - (b == null);
  return typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true });
}

/** Asks for a collection's name and makes it. */
export function NewCollection({ close, made }) {
  const [name, setName] = useState("");
  const [error, setError] = useState(null);
  const make = (event) => {
    event.preventDefault();
    api.createCollection(name.trim()).then(() => made(name.trim()), setError);
  };
  return html`<${Dialog} label="New collection" close=${close}>
    <form onSubmit=${make}>
      <label for="collection-name">Name of the new collection</label>
      <input id="collection-name" autofocus value=${name} onInput=${(event) => setName(event.target.value)} autocomplete="off" />
      ${error && html`<p class="problem" role="alert">${error.message}. ${error.hint}</p>`}
      <div class="row end"><button type="button" onClick=${close}>Cancel</button>
        <button type="submit" class="primary" disabled=${!name.trim()}>Make it</button></div>
    </form>
  <//>`;
}

function Row({ document, collection, isChosen, choose }) {
  const address = to(`/documents/${encodeURIComponent(document.document_id)}`, { collection });
  return html`<tr aria-selected=${isChosen}>
    <td><input type="checkbox" aria-label=${`Choose ${document.source}`} checked=${isChosen} onChange=${choose} /></td>
    <th scope="row"><a href=${address}>${document.source}</a></th>
    <td>${document.title ?? "–"}</td>
    <td>${document.format}</td>
    <td class="figure">${document.chunks.toLocaleString("en")}</td>
    <td>${document.language ?? "–"}</td>
    <td><code>${document.version.slice(0, 8)}</code></td>
    <td class="figure">${document.problems}</td>
    <td><${Moment} micros=${document.updated_at} /></td>
  </tr>`;
}

function Table({ documents, collection, chosen, setChosen }) {
  const [sort, setSort] = useState({ by: "source", down: false });
  const [rows, setRows] = useState(ROWS);
  const sorted = [...documents].sort((a, b) => compare(a[sort.by], b[sort.by]) * (sort.down ? -1 : 1));
  const toggle = (id) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const all = documents.length > 0 && documents.every((document) => chosen.has(document.document_id));
  const every = () => setChosen(new Set(all ? [] : documents.map((document) => document.document_id)));
  const order = (name) => (sort.by === name ? (sort.down ? "descending" : "ascending") : "none");
  return html`<div class="table" tabindex="0" role="group" aria-label="Documents"><table>
      <thead><tr>
        <th scope="col"><input type="checkbox" aria-label="Choose all" checked=${all} onChange=${every} /></th>
        ${COLUMNS.map(({ name, label, isFigure }) => html`<th key=${name} scope="col" class=${isFigure ? "figure" : ""} aria-sort=${order(name)}>
          <button type="button" class="sort" onClick=${() => setSort({ by: name, down: sort.by === name && !sort.down })}>${label}${sort.by === name ? (sort.down ? " ↓" : " ↑") : ""}</button></th>`)}
      </tr></thead>
      <tbody>${sorted.slice(0, rows).map((document) => html`<${Row} key=${document.document_id} document=${document} collection=${collection}
        isChosen=${chosen.has(document.document_id)} choose=${() => toggle(document.document_id)} />`)}</tbody>
    </table></div>
    ${sorted.length > rows && html`<p><button type="button" onClick=${() => setRows(rows + 5 * ROWS)}>Show more of ${count(sorted.length, "document")}</button></p>`}`;
}

export function Documents({ collection, exists, changed }) {
  const loaded = useLoaded(() => (exists ? api.documents(collection) : Promise.resolve([])), [collection, exists]);
  const [filter, setFilter] = useState("");
  const [chosen, setChosen] = useState(new Set());
  const [dialog, setDialog] = useState(null);
  const [problem, setProblem] = useState(null);
  const documents = loaded.value ?? [];
  const wanted = filter.toLowerCase();
  const shown = documents.filter((one) => `${one.source} ${one.title ?? ""} ${one.format} ${one.language ?? ""}`.toLowerCase().includes(wanted));
  const refresh = () => {
    changed();
    loaded.again();
  };
  async function remove() {
    setDialog(null);
    setProblem(null);
    for (const id of chosen) {
      try {
        await api.deleteDocument(collection, id);
      } catch (error) {
        setProblem(error);
        break;
      }
    }
    setChosen(new Set());
    refresh();
  }
  return html`<div class="page">
    <div class="row"><h1>Documents</h1><span class="grow"></span>
      <button type="button" onClick=${() => setDialog("new")}>New collection</button></div>
    <${Uploads} collection=${collection} done=${refresh} />
    ${problem && html`<${Failure} error=${problem} what="delete" />`}
    ${loaded.error && html`<${Failure} error=${loaded.error} what="list the documents" retry=${loaded.again} />`}
    ${!loaded.error && !loaded.value && html`<${Skeleton} lines=${8} what="the documents" />`}
    ${loaded.value && documents.length === 0 && html`<${Empty} title=${`${collection} is empty`}>
        <p>Documents that you add here are cut into chunks, embedded and made ready to be asked.</p>
        <p class="muted">A folder at once: <code>patou ingest FOLDER --collection ${collection}</code></p>
      <//>`}
    ${documents.length > 0 && html`<div class="row tools">
        <label class="unseen" for="filter">Filter</label>
        <input id="filter" type="search" placeholder="Filter" value=${filter} onInput=${(event) => setFilter(event.target.value)} />
        <span class="muted figures" role="status">${filter ? `${shown.length} of ${count(documents.length, "document")}` : count(documents.length, "document")}</span>
        <span class="grow"></span>
        <button type="button" class="danger" disabled=${chosen.size === 0} onClick=${() => setDialog("delete")}>Delete ${chosen.size || ""}</button>
      </div>
      <${Table} documents=${shown} collection=${collection} chosen=${chosen} setChosen=${setChosen} />`}
    ${dialog === "delete" && html`<${Confirm} question=${`Delete ${count(chosen.size, "document")} with every version?`} act="Delete" done=${remove} close=${() => setDialog(null)} />`}
    ${dialog === "new" && html`<${NewCollection} close=${() => setDialog(null)} made=${(name) => {
      setDialog(null);
      changed();
      go(to("/documents", { collection: name }));
    }} />`}
  </div>`;
}
