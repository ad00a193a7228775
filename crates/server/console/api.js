// The server's interface: JSON, streams of events, and errors that keep the server's hint.

export class ApiError extends Error {
  constructor(status, { code, message, hint, trace_id: traceId }) {
    super(message);
    Object.assign(this, { status, code, hint, traceId });
  }
}

const unreachable = () =>
  new ApiError(0, {
    code: "unreachable",
    message: "the server does not answer",
    hint: "see whether `patou serve` still runs",
  });

const KEY = "patou-key";

/** The API key that this browser shows, where the server asks for one. */
export const key = () => localStorage.getItem(KEY) ?? "";
export const setKey = (key) => (key ? localStorage.setItem(KEY, key) : localStorage.removeItem(KEY));

/** The options with the key, if there is one. */
const keyed = (options) => (key() ? { ...options, headers: { ...options.headers, authorization: `Bearer ${key()}` } } : options);

/** Sends a request and gives the response; throws an ApiError for anything but success. */
async function send(path, options = {}) {
  let response;
  try {
    response = await fetch(path, keyed(options));
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw unreachable();
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new ApiError(response.status, body.error ?? { code: "failed", message: `status ${response.status}`, hint: "" });
}

const of = (collection) => `/api/v1/collections/${encodeURIComponent(collection)}`;
const ofDocument = (collection, id) => `${of(collection)}/documents/${encodeURIComponent(id)}`;
const json = async (path, options) => (await send(path, options)).json();
const posted = (body, signal, accept = "application/json") => ({
  method: "POST",
  headers: { "content-type": "application/json", accept },
  body: JSON.stringify(body),
  signal,
});

export const collections = async () => (await json("/api/v1/collections")).collections;
export const createCollection = (name) => json("/api/v1/collections", posted({ name }));
export const documents = async (collection) => (await json(`${of(collection)}/documents`)).documents;
export const document = (collection, id) => json(ofDocument(collection, id));
export const chunks = async (collection, id) => (await json(`${ofDocument(collection, id)}/chunks`)).chunks;
export const problems = async (collection) => (await json(`${of(collection)}/problems`)).problems;
export const settings = () => json("/api/v1/settings");
export const usage = async (from, to) => (await json(`/api/v1/usage?${new URLSearchParams({ from, to })}`)).usage;
export const keys = async () => (await json("/api/v1/keys")).keys;
export const createKey = (body) => json("/api/v1/keys", posted(body));
export const rotateKey = (id, seconds) => json(`/api/v1/keys/${encodeURIComponent(id)}/rotate`, posted({ overlap_seconds: seconds }));
export const revokeKey = (id) => send(`/api/v1/keys/${encodeURIComponent(id)}`, { method: "DELETE" });
export const deleteDocument = (collection, id) => send(ofDocument(collection, id), { method: "DELETE" });

const inQuarantine = (collection, rest = "") => `/api/v1/quarantine${rest}?collection=${encodeURIComponent(collection)}`;
export const quarantine = async (collection) => (await json(inQuarantine(collection))).held;
export const held = (collection, id) => json(inQuarantine(collection, `/${encodeURIComponent(id)}`));
/** Lets a document in (`release`) or keeps it out (`reject`). */
export const decide = (collection, id, decision) => json(inQuarantine(collection, `/${encodeURIComponent(id)}/${decision}`), { method: "POST" });
export const scan = (text, kind) => json("/api/v1/guard/scan", posted({ text, kind }));

/** The stored text of a version, as the bytes that spans point into. */
export async function text(collection, id, version) {
  const response = await send(`${ofDocument(collection, id)}/text?version=${encodeURIComponent(version)}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Saves what an address gives as a file; a link alone would not show the key. */
export async function download(path, name) {
  const link = Object.assign(globalThis.document.createElement("a"), { href: URL.createObjectURL(await (await send(path)).blob()), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Whether every part can serve: `{ready, parts}`. A server that is not ready says so with status 503. */
export async function ready() {
  try {
    return await (await fetch("/ready")).json();
  } catch {
    throw unreachable();
  }
}

/** Reads server-sent events until the end; `told(name, data)` gets each. */
async function events(response, told) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read().catch((error) => {
      throw error.name === "AbortError" ? error : unreachable();
    });
    if (done) return;
    const frames = (rest + value).split("\n\n");
    rest = frames.pop();
    for (const frame of frames) {
      const field = (name) =>
        frame.split("\n").filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2)).join("\n");
      if (field("data")) told(field("event"), JSON.parse(field("data")));
    }
  }
}

/** Runs a request whose answer is a stream of events that ends with `done` or `error`; gives what `done` says. */
async function streamed(path, options, told) {
  let last;
  await events(await send(path, options), (name, data) => {
    if (name === "done") last = data;
    else if (name === "error") throw new ApiError(502, data.error);
    else told(name, data);
  });
  if (!last) throw unreachable();
  return last;
}

/** Asks a question; `told` gets `token` and `citation` events. */
export const ask = (collection, question, history, signal, told) =>
  streamed(`${of(collection)}/ask`, posted({ question, history, inspect: true }, signal, "text/event-stream"), told);

/** Uploads one file; `told` gets `progress` events. Gives the report of its ingest. */
export function upload(collection, file, signal, told) {
  const body = new FormData();
  body.append("file", file, file.webkitRelativePath || file.name);
  const options = { method: "POST", headers: { accept: "text/event-stream" }, body, signal };
  return streamed(`${of(collection)}/documents`, options, told);
}
