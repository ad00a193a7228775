// A document version on the screen, scrolled to a span.

import { html, useEffect, useMemo, useRef, useState } from "./html.js";
import * as api from "./api.js";
import { decode, Drawn, isMarkdown, windowAround } from "./text.js";
import { to } from "./route.js";
import { Failure, Icon, Skeleton, useLoaded } from "./ui.js";

/** Stored text with marks; the first mark is scrolled to. Long texts are drawn a part at a time. */
export function StoredText({ bytes, marks, format, source }) {
  const target = marks[0]?.target ? marks[0] : null;
  const [from, setFrom] = useState(null);
  const view = useRef();
  const key = target ? `${target.span.start}-${target.span.end}` : "";
  useEffect(() => setFrom(null), [key, bytes]);
  const part = from == null ? windowAround(bytes, target?.span) : windowAround(bytes, { start: from });
  const { text, marks: placed } = useMemo(() => decode(bytes, part, marks), [bytes, part.start, part.end, marks]);
  useEffect(() => {
    const mark = key && (view.current.querySelector("mark.cited") ?? view.current.querySelector("[data-holds]"));
    if (mark) mark.scrollIntoView({ block: "center" });
  }, [key, bytes, part.start]);
  const step = part.end - part.start;
  return html`<div ref=${view}>
    ${part.start > 0 && html`<p><button type="button" onClick=${() => setFrom(Math.max(0, part.start - step / 4))}>Earlier text</button></p>`}
    <${Drawn} text=${text} marks=${placed} isMarkdown=${isMarkdown(format, source)} />
    ${part.end < bytes.length && html`<p><button type="button" onClick=${() => setFrom(part.end + step / 4)}>Later text</button></p>`}
  </div>`;
}

/** The right pane: the source that a citation stands for. */
export function Source({ collection, citation, all, show, close }) {
  const { document_id: id, version, span } = citation;
  const loaded = useLoaded(() => api.text(collection, id, version), [collection, id, version]);
  const at = all.indexOf(citation);
  const marks = useMemo(() => [{ span, kind: "cited", id: "cited", target: true }], [span.start, span.end]);
  const page = citation.page ? `page ${citation.page}` : null;
  const place = [...citation.heading_path, page].filter(Boolean);
  const whole = to(`/documents/${encodeURIComponent(id)}`, { collection, version, span: `${span.start}-${span.end}` });
  return html`<section class="source" aria-label=${`Source of citation ${citation.marker}`}>
    <header>
      <div class="row">
        <button type="button" class="icon-button" aria-label="Previous citation" disabled=${at <= 0} onClick=${() => show(all[at - 1].marker)}><${Icon} name="previous" /></button>
        <span class="figures">${at + 1} of ${all.length}</span>
        <button type="button" class="icon-button" aria-label="Next citation" disabled=${at >= all.length - 1} onClick=${() => show(all[at + 1].marker)}><${Icon} name="next" /></button>
        <span class="grow"></span>
        <button type="button" class="icon-button" aria-label="Close the source" onClick=${close}><${Icon} name="close" /></button>
      </div>
      <h2><a href=${whole}>${citation.title ?? citation.source}</a></h2>
      <p class="muted path">${citation.source}${place.length > 0 && html` – ${place.join(" › ")}`}</p>
    </header>
    <div class="body" tabindex="0" role="group" aria-label="Text of the source">
      ${loaded.error && html`<${Failure} error=${loaded.error} what="show the source" retry=${loaded.again} />`}
      ${!loaded.error && !loaded.value && html`<${Skeleton} lines=${8} what="the source" />`}
      ${loaded.value && html`<${StoredText} bytes=${loaded.value} marks=${marks} format="" source=${citation.source} />`}
    </div>
  </section>`;
}
