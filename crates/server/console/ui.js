// What views share: icons, states, dialogs, loading.

import { html, useEffect, useRef, useState } from "./html.js";

const PATHS = {
  ask: "M4 5h16v11H9l-5 4z",
  documents: "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
  quarantine: "M12 3l8 3v6c0 5-4 8-8 9c-4-1-8-4-8-9V6zM12 8v5M12 16v1",
  usage: "M4 20V10M10 20V4M16 20v-7M21 20H3",
  settings: "M4 7h10M18 7h2M4 17h2M10 17h10M14 7a2 2 0 1 0 4 0a2 2 0 1 0-4 0M6 17a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M15.5 15.5L21 21",
  theme: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M12 3v18",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  previous: "M14 6l-6 6 6 6",
  next: "M10 6l6 6-6 6",
  close: "M6 6l12 12M18 6L6 18",
  upload: "M12 16V4M7 9l5-5 5 5M4 16v4h16v-4",
  inspect: "M4 6h16M4 12h10M4 18h7M17 15a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5M19 19.5l2 2",
  stop: "M7 7h10v10H7z",
  send: "M4 12h15M13 6l6 6-6 6",
};

export const Icon = ({ name }) =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;

/** What stands in a view that has nothing yet: what it is, and the one thing that fills it. */
export const Empty = ({ title, children }) => html`<div class="state"><h2>${title}</h2>${children}</div>`;

/** Lines where text will be, after 300 ms of waiting. */
export const Skeleton = ({ lines = 4, what }) =>
  html`<div class="skeleton" role="status" aria-label=${`Loading ${what}`}>
    ${Array.from({ length: lines }, (_, line) => html`<span key=${line}></span>`)}
  </div>`;

/** Words with `code` in them. */
export const Words = ({ text }) =>
  (text ?? "").split("`").map((part, index) => (index % 2 ? html`<code>${part}</code>` : part));

/** What failed, what helps, and once more. */
export function Failure({ error, retry, what }) {
  const forbidden = error.code === "forbidden" || error.code === "unauthorized";
  return html`<div class="state failure" role="alert">
    <h2>${forbidden ? "You may not see this" : `Cannot ${what}`}</h2>
    <p><${Words} text=${error.message} />.</p>
    ${error.hint && html`<p class="muted">To mend it: <${Words} text=${error.hint} />.</p>`}
    ${error.traceId && html`<p class="muted">Trace <code>${error.traceId}</code></p>`}
    ${retry && html`<button type="button" onClick=${retry}>Try again</button>`}
  </div>`;
}

/** Loads something whenever `keys` change: `{value, error, again}`. What comes late for old keys is dropped. */
export function useLoaded(load, keys) {
  const [state, setState] = useState({});
  const [round, setRound] = useState(0);
  useEffect(() => {
    let current = true;
    setState({});
    load().then(
      (value) => current && setState({ value }),
      (error) => current && setState({ error }),
    );
    return () => {
      current = false;
    };
  }, [...keys, round]);
  return { ...state, again: () => setRound(round + 1) };
}

/** A modal dialog; the browser keeps the focus in it and gives it back. */
export function Dialog({ label, close, kind = "", children }) {
  const dialog = useRef();
  useEffect(() => {
    dialog.current.showModal();
  }, []);
  const outside = (event) => event.target === dialog.current && close();
  const cancel = (event) => {
    event.preventDefault();
    close();
  };
  return html`<dialog ref=${dialog} class=${kind} aria-label=${label} onCancel=${cancel} onClick=${outside}>
    <div class="sheet">${children}</div>
  </dialog>`;
}

/** Asks before something is done that cannot be undone. */
export const Confirm = ({ question, act, done, close }) =>
  html`<${Dialog} label=${question} close=${close}>
    <p>${question}</p>
    <div class="row end">
      <button type="button" onClick=${close}>Keep</button>
      <button type="button" class="danger" onClick=${done}>${act}</button>
    </div>
  <//>`;

const UNITS = [[31536000, "year"], [2592000, "month"], [86400, "day"], [3600, "hour"], [60, "minute"]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** A moment, told from now; the exact one on hovering. */
export function Moment({ micros }) {
  const date = new Date(micros / 1000);
  const seconds = (date - Date.now()) / 1000;
  const unit = UNITS.find(([length]) => Math.abs(seconds) >= length);
  const words = unit ? relative.format(Math.trunc(seconds / unit[0]), unit[1]) : "just now";
  return html`<time datetime=${date.toISOString()} title=${date.toLocaleString()}>${words}</time>`;
}

export const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
export const ms = (value) => (value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en"));
