// Usage: what was asked of models by day, key, team and model, what it cost, and the keys that may ask.

import { html, useEffect, useState } from "./html.js";
import * as api from "./api.js";
import { Chart } from "./chart.js";
import { Keys } from "./keys.js";
import { go, to } from "./route.js";
import { Empty, Failure, Skeleton, useLoaded } from "./ui.js";

const DAY_MS = 86_400_000;
/** How many days are shown where the address names none. */
const DAYS = 30;
const MEASURES = {
  tokens: { label: "Tokens", of: (row) => row.prompt_tokens + row.completion_tokens },
  requests: { label: "Requests", of: (row) => row.requests },
  cost: { label: "Cost", of: (row) => row.cost },
};
const GROUPS = { model: "Model", key_id: "Key", team: "Team" };

const dayOf = (date) => date.toISOString().slice(0, 10);
const isDay = (text) => /^\d{4}-\d{2}-\d{2}$/.test(text ?? "") && !Number.isNaN(Date.parse(text));
const figure = (value) => value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 2 : 0 });

/** Every day from the first to the last, both included. */
export function daysBetween(from, to) {
  const days = [];
  for (let at = Date.parse(from); at <= Date.parse(to) && days.length < 3660; at += DAY_MS) days.push(dayOf(new Date(at)));
  return days;
}

/** Sums of rows by what `key` gives of each. */
function sums(rows, key) {
  const found = new Map();
  for (const row of rows) {
    const name = key(row);
    const sum = found.get(name) ?? { name, requests: 0, prompt_tokens: 0, completion_tokens: 0, cost: 0 };
    for (const field of ["requests", "prompt_tokens", "completion_tokens", "cost"]) sum[field] += row[field];
    found.set(name, sum);
  }
  return [...found.values()];
}

function Figures({ label, first, rows }) {
  return html`<div class="table" tabindex="0" role="group" aria-label=${label}><table>
    <thead><tr><th scope="col">${first}</th><th scope="col" class="figure">Requests</th><th scope="col" class="figure">Prompt tokens</th>
      <th scope="col" class="figure">Answer tokens</th><th scope="col" class="figure">Cost</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.name}><th scope="row">${row.name}</th><td class="figure">${figure(row.requests)}</td>
      <td class="figure">${figure(row.prompt_tokens)}</td><td class="figure">${figure(row.completion_tokens)}</td><td class="figure">${figure(row.cost)}</td></tr>`)}</tbody>
  </table></div>`;
}

function Choice({ label, name, value, options, choose }) {
  return html`<label>${label} <select name=${name} value=${value} onChange=${(event) => choose({ [name]: event.target.value })}>
    ${Object.entries(options).map(([option, text]) => html`<option key=${option} value=${option} selected=${option === value}>${text}</option>`)}
  </select></label>`;
}

function Used({ rows, keys, days, measure, by }) {
  const { label, of } = MEASURES[measure];
  const byDay = new Map(sums(rows, (row) => row.day).map((sum) => [sum.name, sum]));
  const bars = days.map((day) => ({ label: day, value: byDay.has(day) ? of(byDay.get(day)) : 0 }));
  const names = new Map(keys.map((key) => [key.id, key.name]));
  const named = (row) => {
    const name = row[by] || (by === "team" ? "no team" : "no key");
    return by === "key_id" ? names.get(name) ?? name : name;
  };
  const groups = sums(rows, named).sort((a, b) => of(b) - of(a));
  return html`
    <${Chart} label=${`${label} by day`} bars=${bars} figure=${figure} />
    <details><summary>The same as a table</summary>
      <${Figures} label="Usage by day" first="Day" rows=${[...byDay.values()].sort((a, b) => b.name.localeCompare(a.name))} /></details>
    <h2>By ${GROUPS[by].toLowerCase()}</h2>
    <${Figures} label=${`Usage by ${GROUPS[by].toLowerCase()}`} first=${GROUPS[by]} rows=${groups} />`;
}

export function Usage({ query, collection }) {
  const until = isDay(query.get("to")) ? query.get("to") : dayOf(new Date());
  const from = isDay(query.get("from")) ? query.get("from") : dayOf(new Date(Date.parse(until) - (DAYS - 1) * DAY_MS));
  const measure = query.get("measure") in MEASURES ? query.get("measure") : "tokens";
  const by = query.get("by") in GROUPS ? query.get("by") : "model";
  const loaded = useLoaded(() => api.usage(from, until), [from, until]);
  const rows = loaded.value;
  // The list that is shown stays while it is read anew: a dialog may stand on it.
  const listed = useLoaded(api.keys, []);
  const [keys, setKeys] = useState(null);
  useEffect(() => listed.value && setKeys(listed.value), [listed.value]);
  const choose = (changed) => go(to("/usage", { collection, from, to: until, measure, by, ...changed }), { replace: true });
  const measures = Object.fromEntries(Object.entries(MEASURES).map(([name, { label }]) => [name, label]));
  const csv = `/api/v1/usage?${new URLSearchParams({ from, to: until, format: "csv" })}`;
  return html`<div class="page">
    <div class="row"><h1>Usage</h1><span class="grow"></span>
      <button type="button" onClick=${() => api.download(csv, `usage-${from}-${until}.csv`)}>Download as CSV</button></div>
    <div class="row filters">
      <label>From <input type="date" value=${from} max=${until} onChange=${(event) => isDay(event.target.value) && choose({ from: event.target.value })} /></label>
      <label>To <input type="date" value=${until} min=${from} onChange=${(event) => isDay(event.target.value) && choose({ to: event.target.value })} /></label>
      <${Choice} label="Show" name="measure" value=${measure} options=${measures} choose=${choose} />
      <${Choice} label="By" name="by" value=${by} options=${GROUPS} choose=${choose} />
    </div>
    ${loaded.error && html`<${Failure} error=${loaded.error} what="read the usage" retry=${loaded.again} />`}
    ${!loaded.error && !loaded.value && html`<${Skeleton} lines=${8} what="the usage" />`}
    ${rows?.length === 0 && html`<${Empty} title="Nothing was used in these days">
      <p>Requests to models behind the gateway and questions to collections are counted here, with a key or without.
        Make one below, and show it as <code>Authorization: Bearer …</code>.</p><//>`}
    ${rows?.length > 0 && html`<${Used} rows=${rows} keys=${keys ?? []} days=${daysBetween(from, until)} measure=${measure} by=${by} />`}
    ${keys && html`<${Keys} keys=${keys} changed=${listed.again} />`}
  </div>`;
}
