// Keys: who may ask, how much, until when. A secret is shown once, when it is made.

import { html, useState } from "./html.js";
import * as api from "./api.js";
import { Confirm, Dialog, Failure, Moment } from "./ui.js";

const LIMITS = [["tokens_per_minute", "tokens a minute"], ["tokens_per_month", "tokens a month"], ["streams", "at once"]];
/** How long the old secret of a rotated key goes on working, in seconds. */
const OVERLAP_SECONDS = 86_400;

const limitsOf = (key) => LIMITS.filter(([name]) => key.limits[name]).map(([name, words]) => `${key.limits[name].toLocaleString("en")} ${words}`).join(", ") || "none";

function state(key) {
  if (key.revoked_at) return html`revoked <${Moment} micros=${key.revoked_at} />`;
  if (!key.expires_at) return "valid";
  const is = key.expires_at / 1000 < Date.now() ? "expired" : "valid until";
  return html`${is} <${Moment} micros=${key.expires_at} />`;
}

/** Asks for what a key may do, and makes it. */
function NewKey({ close, made }) {
  const [fields, setFields] = useState({ name: "", team: "", tokens_per_minute: "", tokens_per_month: "", days: "" });
  const [error, setError] = useState(null);
  const put = (name) => (event) => setFields({ ...fields, [name]: event.target.value });
  const number = (text) => (text.trim() ? Number(text) : null);
  const make = (event) => {
    event.preventDefault();
    const limits = { tokens_per_minute: number(fields.tokens_per_minute), tokens_per_month: number(fields.tokens_per_month) };
    const seconds = number(fields.days) && Math.round(number(fields.days) * 86_400);
    api.createKey({ name: fields.name.trim(), team: fields.team.trim() || null, seconds, limits }).then(made, setError);
  };
  const asked = (name, label, type = "text") => html`<label>${label} <input name=${name} type=${type} min="1" autocomplete="off" value=${fields[name]} onInput=${put(name)} autofocus=${name === "name"} /></label>`;
  return html`<${Dialog} label="New key" close=${close}>
    <form class="fields" onSubmit=${make}>
      ${asked("name", "What the key is for")}
      ${asked("team", "Team, if it has one")}
      ${asked("tokens_per_minute", "Tokens a minute, if they are limited", "number")}
      ${asked("tokens_per_month", "Tokens a month, if they are limited", "number")}
      ${asked("days", "Days until it expires, if it does", "number")}
      ${error && html`<p class="problem" role="alert">${error.message}. ${error.hint}</p>`}
      <div class="row end"><button type="button" onClick=${close}>Cancel</button>
        <button type="submit" class="primary" disabled=${!fields.name.trim()}>Make it</button></div>
    </form>
  <//>`;
}

function Secret({ made, close }) {
  return html`<${Dialog} label="The key's secret" close=${close}>
    <p>This is the secret of <strong>${made.name}</strong>. It is shown now and never again:</p>
    <p><code class="secret">${made.secret}</code></p>
    <div class="row end"><button type="button" onClick=${() => navigator.clipboard?.writeText(made.secret)}>Copy</button>
      <button type="button" class="primary" autofocus onClick=${close}>I have it</button></div>
  <//>`;
}

export function Keys({ keys, changed }) {
  const [dialog, setDialog] = useState(null);
  const [problem, setProblem] = useState(null);
  const act = (work) => {
    setDialog(null);
    setProblem(null);
    work.then((made) => {
      changed();
      if (made?.secret) setDialog({ made });
    }, setProblem);
  };
  return html`
    <div class="row"><h2>Keys</h2><span class="grow"></span><button type="button" onClick=${() => setDialog({ isNew: true })}>New key</button></div>
    ${problem && html`<${Failure} error=${problem} what="change the key" />`}
    ${keys.length === 0 && html`<p class="muted">There is no key yet. Keys are asked for where <code>server.auth</code> is <code>keys</code>.</p>`}
    ${keys.length > 0 && html`<div class="table" tabindex="0" role="group" aria-label="Keys"><table>
      <thead><tr><th scope="col">Key</th><th scope="col">Begins with</th><th scope="col">Team</th><th scope="col">Limits</th><th scope="col">State</th><th scope="col">Actions</th></tr></thead>
      <tbody>${keys.map((key) => html`<tr key=${key.id}><th scope="row">${key.name}</th><td>${key.prefixes.map((prefix) => html`<code key=${prefix}>${prefix}…</code> `)}</td>
        <td>${key.team ?? "–"}</td><td>${limitsOf(key)}</td><td>${state(key)}</td>
        <td class="row">${!key.revoked_at && html`<button type="button" aria-label=${`Rotate ${key.name}`} onClick=${() => act(api.rotateKey(key.id, OVERLAP_SECONDS))}>Rotate</button>
          <button type="button" aria-label=${`Revoke ${key.name}`} onClick=${() => setDialog({ revoke: key })}>Revoke</button>`}</td></tr>`)}</tbody>
    </table></div>`}
    ${dialog?.isNew && html`<${NewKey} close=${() => setDialog(null)} made=${(made) => { changed(); setDialog({ made }); }} />`}
    ${dialog?.made && html`<${Secret} made=${dialog.made} close=${() => setDialog(null)} />`}
    ${dialog?.revoke && html`<${Confirm} question=${`Revoke ${dialog.revoke.name}? Whoever shows it is refused within a second.`} act="Revoke"
      done=${() => act(api.revokeKey(dialog.revoke.id))} close=${() => setDialog(null)} />`}`;
}
