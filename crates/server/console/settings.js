// Settings: what serves, whether it can, how it is configured, how the console looks.

import { html } from "./html.js";
import * as api from "./api.js";
import { Failure, Skeleton, useLoaded } from "./ui.js";

const THEMES = [["system", "As the system"], ["light", "Light"], ["dark", "Dark"]];

function Parts({ parts }) {
  return html`<div class="table" tabindex="0" role="group" aria-label="Parts"><table>
    <thead><tr><th scope="col">Part</th><th scope="col">State</th></tr></thead>
    <tbody>${parts.map(({ part, ready, problem }) => html`<tr key=${part}><th scope="row">${part}</th><td>${ready ? "ready" : problem}</td></tr>`)}</tbody>
  </table></div>`;
}

function Configuration({ settings }) {
  return html`<div class="table" tabindex="0" role="group" aria-label="Configuration"><table>
    <thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col">From</th><th scope="col">What it is</th></tr></thead>
    <tbody>${settings.map((one) => html`<tr key=${one.name}><th scope="row"><code>${one.name}</code></th>
      <td><code>${one.value}</code></td><td>${one.origin}</td><td>${one.what}</td></tr>`)}</tbody>
  </table></div>`;
}

export function Settings({ theme, setTheme }) {
  const loaded = useLoaded(() => Promise.all([api.settings(), api.ready()]), []);
  const [configuration, ready] = loaded.value ?? [];
  return html`<div class="page">
    <h1>Settings</h1>
    <fieldset><legend>Theme</legend>
      ${THEMES.map(([name, label]) => html`<label key=${name} class="check"><input type="radio" name="theme" checked=${theme === name} onChange=${() => setTheme(name)} /> ${label}</label>`)}
    </fieldset>
    <fieldset><legend>API key</legend>
      <label>The key that this browser shows, where the server asks for one
        <input type="password" autocomplete="off" defaultValue=${api.key()} onChange=${(event) => { api.setKey(event.target.value.trim()); loaded.again(); }} /></label>
    </fieldset>
    ${loaded.error && html`<${Failure} error=${loaded.error} what="read the settings" retry=${loaded.again} />`}
    ${!loaded.error && !loaded.value && html`<${Skeleton} lines=${10} what="the settings" />`}
    ${configuration && html`
      <h2>Parts</h2>
      <p>Stack <strong>${configuration.stack}</strong>, answers by <strong>${configuration.answers_by}</strong>, version ${configuration.version}.</p>
      <${Parts} parts=${ready.parts} />
      <h2>Configuration</h2>
      <p class="muted">Read from the file, the environment and the command line when the server starts. <code>patou config show</code> prints the same.</p>
      <${Configuration} settings=${configuration.settings} />`}
  </div>`;
}
