// Uploads: a file at a time, each with a line that says how far it is.

import { html, useRef, useState } from "./html.js";
import * as api from "./api.js";
import { count, Icon } from "./ui.js";

/** What an upload's line says. */
function words(item) {
  if (item.state === "embedding") return `embedding, ${count(item.tokens, "token")}`;
  if (item.state === "failed") return `failed: ${item.error.message}${item.error.hint ? ` – ${item.error.hint}` : ""}`;
  return item.state;
}

/** What became of a file, from the report of its ingest. */
function outcome(report) {
  if (report.failed.length) return { state: "failed", error: { message: report.failed[0].error, hint: report.failed[0].hint } };
  const name = ["added", "updated", "unchanged", "quarantined"].find((kind) => report[kind] > 0) ?? "done";
  return { state: report.problems ? `${name}, ${count(report.problems, "problem")}` : name, isThrough: true };
}

/** Where files are dropped or chosen. `done` is called when all of them are through. */
export function Uploads({ collection, done }) {
  const [items, setItems] = useState([]);
  const [isOver, setOver] = useState(false);
  const [running, setRunning] = useState(null);
  const picker = useRef();

  async function begin(files) {
    if (!files.length || running) return;
    const abort = new AbortController();
    setRunning(abort);
    const list = [...files].map((file) => ({ file, state: "waiting", tokens: 0 }));
    const change = (item, more) => {
      Object.assign(item, more);
      setItems([...list]);
    };
    setItems(list);
    for (const item of list) {
      if (abort.signal.aborted) {
        change(item, { state: "left out" });
        continue;
      }
      change(item, { state: "reading" });
      try {
        const report = await api.upload(collection, item.file, abort.signal, (_, progress) => {
          if (progress.tokens_embedded) change(item, { state: "embedding", tokens: progress.tokens_embedded });
        });
        change(item, outcome(report));
      } catch (error) {
        change(item, error.name === "AbortError" ? { state: "stopped" } : { state: "failed", error });
      }
    }
    setRunning(null);
    picker.current.value = "";
    done();
  }

  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    begin(event.dataTransfer.files);
  };
  const over = (event) => {
    event.preventDefault();
    setOver(true);
  };
  const through = items.filter((item) => item.isThrough).length;
  const failed = items.filter((item) => item.state === "failed").length;
  return html`<div class=${`drop ${isOver ? "over" : ""}`} onDrop=${drop} onDragOver=${over} onDragLeave=${() => setOver(false)}>
    <p class="row"><${Icon} name="upload" /><span>Drop files here, or</span>
      <label class="button" for="files">choose files</label>
      <input id="files" class="unseen" ref=${picker} type="file" multiple onChange=${(event) => begin(event.target.files)} />
      ${running && html`<button type="button" onClick=${() => running.abort()}>Stop</button>`}
    </p>
    ${items.length > 0 && html`<div>
      <p class="figures" role="status">${through} of ${count(items.length, "file")} through${failed > 0 ? `, ${failed} failed` : ""}</p>
      <progress max=${items.length} value=${items.filter((item) => item.isThrough || item.state === "failed").length} aria-label="Files"></progress>
      <ul class="uploads">${items.map((item, index) => html`<li key=${index} class=${item.state === "failed" ? "failed" : ""}>
        <span>${item.file.webkitRelativePath || item.file.name}</span><span class="figures">${words(item)}</span></li>`)}</ul>
    </div>`}
  </div>`;
}
