// Stored text on the screen: Markdown drawn as such, every letter knowing its place, so that spans can be marked.
// Nothing of a document becomes markup: all of it is text in elements made here.

import { html } from "./html.js";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** How much of a long document is drawn at once, in bytes. */
const WINDOW_BYTES = 200_000;
/** How far a window's edge looks for a line's end, in bytes. */
const LINE_BYTES = 4_000;

/** The part of `bytes` to draw around `span`: whole lines where there are lines. */
export function windowAround(bytes, span) {
  const middle = span ? span.start : 0;
  const edge = (at) => {
    if (at <= 0) return 0;
    if (at >= bytes.length) return bytes.length;
    const line = bytes.indexOf(10, at);
    if (line >= 0 && line - at < LINE_BYTES) return line + 1;
    let letter = at;
    while (letter < bytes.length && (bytes[letter] & 0xc0) === 0x80) letter += 1;
    return letter;
  };
  const start = edge(middle - WINDOW_BYTES / 2 > 0 ? middle - WINDOW_BYTES / 2 : 0);
  return { start, end: edge(start + WINDOW_BYTES) };
}

/** The text of a window, and its marks with places in that text instead of bytes. */
export function decode(bytes, { start, end }, marks) {
  const clamp = (offset) => Math.min(Math.max(offset, start), end);
  const wanted = [...new Set(marks.flatMap(({ span }) => [clamp(span.start), clamp(span.end)]))].sort((a, b) => a - b);
  const places = new Map();
  let [at, place] = [start, 0];
  for (const offset of wanted) {
    place += decoder.decode(bytes.subarray(at, offset)).length;
    at = offset;
    places.set(offset, place);
  }
  const placed = marks
    .map(({ span, ...mark }) => ({ ...mark, start: places.get(clamp(span.start)), end: places.get(clamp(span.end)) }))
    .filter((mark) => mark.start < mark.end);
  return { text: decoder.decode(bytes.subarray(start, end)), marks: placed };
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+/;
const ITEM = /^([ \t]*)([-*+]|\d{1,9}[.)])[ \t]+/;
const QUOTE = /^ {0,3}>[ \t]?/;
const RULE = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const TABLE_RULE = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

function linesOf(text) {
  const lines = [];
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf("\n", start);
    const next = found < 0 ? text.length : found + 1;
    const end = found < 0 ? text.length : found > start && text[found - 1] === "\r" ? found - 1 : found;
    lines.push({ start, end, words: text.slice(start, end) });
    start = next;
  }
  return lines;
}

/** Cuts Markdown into blocks `{kind, start, end, parts}`; a part is a stretch of text that is drawn. */
export function blocksOf(text) {
  const lines = linesOf(text);
  const blocks = [];
  const add = (kind, from, to, parts, more = {}) =>
    blocks.push({ kind, start: lines[from].start, end: lines[to - 1].end, parts, ...more });
  const after = (line, pattern) => ({ start: line.start + line.words.match(pattern)[0].length, end: line.end });
  const begins = (words) => [FENCE, HEADING, ITEM, QUOTE, RULE].some((pattern) => pattern.test(words));
  let at = 0;
  while (at < lines.length) {
    const { words, start } = lines[at];
    const from = at;
    at += 1;
    if (!words.trim()) continue;
    const fence = words.match(FENCE);
    const isFrontMatter = start === 0 && words === "---";
    if (fence || isFrontMatter) {
      const closes = (line) => (fence ? line.words.trim().startsWith(fence[1]) : line.words === "---");
      while (at < lines.length && !closes(lines[at])) at += 1;
      const inner = at > from + 1 ? [{ start: lines[from + 1].start, end: lines[at - 1].end }] : [];
      at = Math.min(at + 1, lines.length);
      add("code", from, at, inner);
    } else if (HEADING.test(words)) {
      add("heading", from, at, [after(lines[from], HEADING)], { level: words.match(HEADING)[1].length });
    } else if (RULE.test(words)) {
      add("rule", from, at, []);
    } else if (words.includes("|") && at < lines.length && lines[at].words.includes("-") && TABLE_RULE.test(lines[at].words)) {
      at += 1;
      while (at < lines.length && lines[at].words.includes("|")) at += 1;
      const rows = lines.slice(from, at).filter((_, row) => row !== 1);
      add("table", from, at, [], { rows: rows.map(cellsOf) });
    } else if (ITEM.test(words)) {
      const [, indent, marker] = words.match(ITEM);
      const parts = [after(lines[from], ITEM)];
      for (; at < lines.length && lines[at].words.trim() && !begins(lines[at].words); at += 1) parts.push(lines[at]);
      add("item", from, at, parts, { depth: Math.min(6, Math.floor(indent.replaceAll("\t", "    ").length / 2)), marker });
    } else if (QUOTE.test(words)) {
      const parts = [after(lines[from], QUOTE)];
      for (; at < lines.length && QUOTE.test(lines[at].words); at += 1) parts.push(after(lines[at], QUOTE));
      add("quote", from, at, parts);
    } else {
      while (at < lines.length && lines[at].words.trim() && !begins(lines[at].words)) at += 1;
      add("paragraph", from, at, [{ start, end: lines[at - 1].end }]);
    }
  }
  return blocks;
}

/** The cells of a table's row, each a stretch of text. */
function cellsOf({ start, words }) {
  const cells = [];
  let from = 0;
  const cut = (to) => {
    const raw = words.slice(from, to);
    const lead = raw.length - raw.trimStart().length;
    cells.push({ start: start + from + lead, end: start + from + Math.max(lead, raw.trimEnd().length) });
    from = to + 1;
  };
  for (let at = 0; at < words.length; at += 1) {
    if (words[at] === "\\") at += 1;
    else if (words[at] === "|") cut(at);
  }
  if (words.slice(from).trim()) cut(words.length);
  if (words.trimStart().startsWith("|")) cells.shift();
  return cells;
}

const INLINE =
  /(`+)([^`]+?)\1|\*\*([^*\n]+?)\*\*|!\[([^\]\n]*)\]\([^)\n]*\)|\[(\d{1,3})\](?!\()|\[([^\]\n]+)\]\(([^)\s]+)[^)\n]*\)|\*([^*\s][^*\n]*?)\*/g;

/** Draws stretches of text with marks in them. */
class Pen {
  constructor(text, marks, cite) {
    Object.assign(this, { text, cite });
    const edges = new Set(marks.flatMap(({ start, end }) => [start, end]));
    this.edges = [...edges].sort((a, b) => a - b);
    this.marks = [...marks].sort((a, b) => a.start - b.start);
  }

  /** Letters as they are, cut where marks begin and end. */
  plain(start, end) {
    const cuts = [start, ...this.edges.filter((edge) => edge > start && edge < end), end];
    return cuts.slice(1).map((to, index) => {
      const from = cuts[index];
      const words = this.text.slice(from, to);
      const over = this.marks.filter((mark) => mark.start <= from && mark.end >= to);
      if (!over.length) return words;
      const kinds = [...new Set(over.map((mark) => mark.kind)), over.length > 1 ? "shared" : ""].join(" ");
      return html`<mark class=${kinds} data-mark=${over.at(-1).id} title=${over.map((mark) => mark.title ?? "").join(" · ") || null}>${words}</mark>`;
    });
  }

  /** Text with its emphasis, code, links and citation markers. */
  inline(start, end) {
    const words = this.text.slice(start, end);
    const drawn = [];
    let at = 0;
    for (const found of words.matchAll(INLINE)) {
      const [whole, ticks, code, strong, image, marker, label, address, emphasis] = found;
      if (marker && !this.cite) continue;
      const begin = start + found.index;
      drawn.push(this.plain(start + at, begin));
      at = found.index + whole.length;
      const inside = (length, lead, deep) => (deep ? this.inline(begin + lead, begin + lead + length) : this.plain(begin + lead, begin + lead + length));
      if (code != null) drawn.push(html`<code>${inside(code.length, ticks.length)}</code>`);
      else if (strong != null) drawn.push(html`<strong>${inside(strong.length, 2, true)}</strong>`);
      else if (image != null) drawn.push(html`<span class="muted">${image ? inside(image.length, 2) : "image"}</span>`);
      else if (marker != null) drawn.push(this.cite(Number(marker)) ?? this.plain(begin, begin + whole.length));
      else if (label != null) {
        const text = inside(label.length, 1, true);
        const leads = /^https?:\/\//.test(address);
        drawn.push(leads ? html`<a href=${address} target="_blank" rel="noopener noreferrer">${text}</a>` : text);
      } else drawn.push(html`<em>${inside(emphasis.length, 1, true)}</em>`);
    }
    drawn.push(this.plain(start + at, end));
    return drawn;
  }

  /** One block. */
  block({ kind, parts, level, depth, marker, rows }) {
    const stretches = (part) => this.inline(part.start, part.end);
    const spaced = () => parts.map((part, index) => [index ? " " : "", stretches(part)]);
    switch (kind) {
      case "heading":
        return html`<p class=${`heading level-${level}`}>${parts.map(stretches)}</p>`;
      case "code":
        return html`<pre tabindex="0"><code>${parts.map((part) => this.plain(part.start, part.end))}</code></pre>`;
      case "rule":
        return html`<hr />`;
      case "item":
        return html`<p class=${`item depth-${depth}`}><span class="bullet">${/\d/.test(marker) ? marker : "•"}</span><span>${spaced()}</span></p>`;
      case "quote":
        return html`<blockquote>${spaced()}</blockquote>`;
      case "table":
        return html`<div class="table" tabindex="0" role="group" aria-label="Table"><table>
          <thead><tr>${rows[0].map((cell) => html`<th scope="col">${stretches(cell)}</th>`)}</tr></thead>
          <tbody>${rows.slice(1).map((row) => html`<tr>${row.map((cell) => html`<td>${stretches(cell)}</td>`)}</tr>`)}</tbody>
        </table></div>`;
      default:
        return html`<p>${parts.map(stretches)}</p>`;
    }
  }
}

/** Text in blocks. `marks` are `{start, end, kind, id, title}`; `cite(n)` draws the marker `[n]`, or gives null. */
export function Drawn({ text, marks = [], cite, isMarkdown = true }) {
  const pen = new Pen(text, marks, cite);
  if (!isMarkdown) return html`<div class="drawn plain">${pen.plain(0, text.length)}</div>`;
  const target = marks[0];
  return html`<div class="drawn">
    ${blocksOf(text).map((block) => {
      const holds = target && block.start <= target.start && target.start < block.end;
      return html`<div key=${block.start} class="block" data-holds=${holds ? "" : null}>${pen.block(block)}</div>`;
    })}
  </div>`;
}

/** Whether a format's stored text is Markdown. */
export const isMarkdown = (format, source) => ["markdown", "html", "md"].includes(format) || /\.(md|markdown|html?)$/i.test(source ?? "");
