// The command palette: everything the console can do, found by typing.

import { html, useEffect, useRef, useState } from "./html.js";
import { Dialog } from "./ui.js";

export function Palette({ commands, close }) {
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef();
  const parts = words.toLowerCase().split(/\s+/);
  const found = commands.filter(({ label }) => parts.every((part) => label.toLowerCase().includes(part)));
  const current = Math.min(at, found.length - 1);
  const run = (command) => {
    close();
    command?.run();
  };
  const keys = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) setAt((current + step + found.length) % found.length);
    else if (event.key === "Enter") run(found[current]);
    else return;
    event.preventDefault();
  };
  useEffect(() => list.current?.children[current]?.scrollIntoView({ block: "nearest" }), [current]);
  return html`<${Dialog} label="Commands" kind="palette" close=${close}>
    <input role="combobox" aria-label="Command" aria-expanded="true" aria-controls="commands" aria-activedescendant=${found.length ? `command-${current}` : null}
      autofocus autocomplete="off" value=${words} placeholder="What to do" onKeyDown=${keys}
      onInput=${(event) => {
        setWords(event.target.value);
        setAt(0);
      }} />
    <ul id="commands" role="listbox" aria-label="Commands" ref=${list}>
      ${found.map((command, index) => html`<li key=${command.label} id=${`command-${index}`} role="option" aria-selected=${index === current} onClick=${() => run(command)}>${command.label}</li>`)}
    </ul>
    ${found.length === 0 && html`<p class="muted" role="status">No command has these words.</p>`}
  <//>`;
}
