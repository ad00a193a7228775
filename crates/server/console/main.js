// The shell: rail, top bar, and the view that the address names.

import { html, render, useEffect, useLayoutEffect, useState } from "./html.js";
import * as api from "./api.js";
import { follow, go, to, useRoute } from "./route.js";
import { Ask, askAt } from "./ask.js";
import { Document } from "./document.js";
import { Documents } from "./documents.js";
import { Held, Quarantine } from "./quarantine.js";
import { Settings } from "./settings.js";
import { Usage } from "./usage.js";
import { Palette } from "./palette.js";
import { Empty, Icon, useLoaded } from "./ui.js";

const PAGES = [
  { path: "/ask", label: "Ask", icon: "ask" },
  { path: "/documents", label: "Documents", icon: "documents" },
  { path: "/quarantine", label: "Quarantine", icon: "quarantine" },
  { path: "/usage", label: "Usage", icon: "usage" },
  { path: "/settings", label: "Settings", icon: "settings" },
];
/** The collection that commands take where none is named. */
const DEFAULT_COLLECTION = "docs";
/** How often the server is asked whether it can serve, in milliseconds. */
const READY_EVERY_MS = 15_000;

const stored = (name) => {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
};
const store = (name, value) => {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Storage that is switched off forgets with the page.
  }
};

/** Whether the server answers and can serve. */
function useConnection() {
  const [state, setState] = useState({ kind: "waiting", words: "connecting" });
  useEffect(() => {
    const look = () => {
      if (document.hidden) return;
      api.ready().then(
        ({ ready, parts }) => {
          const why = parts.find((part) => !part.ready)?.problem;
          setState(ready ? { kind: "ready", words: "ready" } : { kind: "waiting", words: why ?? "not ready" });
        },
        (error) => setState({ kind: "away", words: error.message }),
      );
    };
    look();
    const timer = setInterval(look, READY_EVERY_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return state;
}

function useTheme() {
  const [theme, setTheme] = useState(document.documentElement.dataset.theme ?? "system");
  const choose = (name) => {
    // A cookie, so that the server sends the page in its theme and nothing is drawn in the other one first.
    document.cookie = `patou-theme=${name}; path=/; max-age=31536000; samesite=strict`;
    if (name === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    setTheme(name);
  };
  const isDark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  return { theme, choose, flip: () => choose(isDark ? "light" : "dark") };
}

function Top({ collections, collection, choose, stack, connection, flip, openPalette }) {
  const names = [...new Set([...collections.map((one) => one.name), collection])].sort();
  return html`<header class="top">
    <label for="collection">Collection</label>
    <select id="collection" value=${collection} onChange=${(event) => choose(event.target.value)}>
      ${names.map((name) => html`<option key=${name} value=${name} selected=${name === collection}>${name}</option>`)}
    </select>
    <span class="stack muted">${stack && html`stack <strong>${stack}</strong>`}</span>
    <span class="grow"></span>
    <span class=${`connection ${connection.kind}`} role="status" title=${connection.words}><span class="dot" aria-hidden="true"></span><span class="words">${connection.words}</span></span>
    <button type="button" class="icon-button" aria-label="Commands" title="Commands (Ctrl K)" onClick=${openPalette}><${Icon} name="search" /></button>
    <button type="button" class="icon-button" aria-label="Dark or light" title="Dark or light" onClick=${flip}><${Icon} name="theme" /></button>
  </header>`;
}

function View({ route, collection, collections, changed, theme }) {
  const { path, query } = route;
  const known = collections?.find((one) => one.name === collection);
  if (path === "/ask") return html`<${Ask} collection=${collection} documents=${collections && (known?.documents ?? 0)} query=${query} />`;
  if (path === "/documents") return collections && html`<${Documents} key=${collection} collection=${collection} exists=${Boolean(known)} changed=${changed} />`;
  if (path.startsWith("/documents/")) {
    const id = decodeURIComponent(path.slice("/documents/".length));
    return html`<${Document} key=${id} collection=${collection} id=${id} query=${query} changed=${changed} />`;
  }
  if (path === "/quarantine") return collections && html`<${Quarantine} key=${collection} collection=${collection} exists=${Boolean(known)} />`;
  if (path.startsWith("/quarantine/")) {
    const id = decodeURIComponent(path.slice("/quarantine/".length));
    return html`<${Held} key=${id} collection=${collection} id=${id} changed=${changed} />`;
  }
  if (path === "/usage") return html`<${Usage} query=${query} collection=${query.get("collection")} />`;
  if (path === "/settings") return html`<${Settings} theme=${theme.theme} setTheme=${theme.choose} />`;
  return html`<${Empty} title="There is nothing here"><p><a href="/ask">Ask</a> or see the <a href="/documents">documents</a>.</p><//>`;
}

/** The keys that work everywhere, from the moment that the page is there. */
function useKeys(openPalette, focusQuestion) {
  useLayoutEffect(() => {
    const listen = (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        openPalette();
      } else if (event.key === "/" && !event.target.closest("input, textarea, select, dialog")) {
        event.preventDefault();
        focusQuestion();
      }
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  });
}

function App() {
  const route = useRoute();
  const loaded = useLoaded(api.collections, []);
  const [collections, setCollections] = useState(null);
  const configuration = useLoaded(api.settings, []);
  const connection = useConnection();
  const theme = useTheme();
  const [palette, setPalette] = useState(false);
  useEffect(() => loaded.value && setCollections(loaded.value), [loaded.value]);
  // Without its list the console still works on what the address names.
  useEffect(() => loaded.error && !collections && setCollections([]), [loaded.error]);
  const names = (collections ?? []).map((one) => one.name);
  const remembered = stored("patou-collection");
  const usual = [remembered, DEFAULT_COLLECTION, names[0]].find((name) => names.includes(name)) ?? DEFAULT_COLLECTION;
  const collection = route.query.get("collection") ?? usual;
  const page = PAGES.find(({ path }) => route.path === path || route.path.startsWith(`${path}/`));
  const choose = (name) => {
    store("patou-collection", name);
    go(to(page?.path ?? "/ask", { collection: name }));
  };
  const focusQuestion = () => {
    if (route.path !== "/ask") go(askAt(collection, []));
    setTimeout(() => document.getElementById("question")?.focus());
  };
  useKeys(() => setPalette(true), focusQuestion);
  useEffect(() => {
    if (route.path === "/") go(to("/ask", Object.fromEntries(route.query)), { replace: true });
    document.title = page ? `${page.label} · Patou` : "Patou";
  }, [route]);
  const commands = [
    { label: "Ask a new question", run: () => { go(askAt(collection, [])); focusQuestion(); } },
    ...PAGES.map(({ path, label }) => ({ label: `Go to ${label}`, run: () => go(to(path, { collection })) })),
    ...names.map((name) => ({ label: `Use collection ${name}`, run: () => choose(name) })),
    ...["light", "dark", "system"].map((name) => ({ label: `Theme: ${name}`, run: () => theme.choose(name) })),
  ];
  return html`<div class="shell" onClick=${follow}>
    <a class="skip" href="#main">To the content</a>
    <nav class="rail" aria-label="Pages">
      ${PAGES.map(({ path, label, icon }) => html`<a key=${path} href=${to(path, { collection: route.query.get("collection") })} aria-current=${page?.path === path ? "page" : null}><${Icon} name=${icon} /><span>${label}</span></a>`)}
    </nav>
    <${Top} collections=${collections ?? []} collection=${collection} choose=${choose} stack=${configuration.value?.stack} connection=${connection} flip=${theme.flip} openPalette=${() => setPalette(true)} />
    <main id="main" tabindex="-1">
      <${View} route=${route} collection=${collection} collections=${collections} changed=${loaded.again} theme=${theme} />
    </main>
    ${palette && html`<${Palette} commands=${commands} close=${() => setPalette(false)} />`}
  </div>`;
}

render(html`<${App} />`, document.getElementById("app"));
