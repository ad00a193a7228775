// The official client for Node, unmodified: one answer at once, one streamed. Prints what it got as JSON.

import { createRequire } from "node:module";

const [url] = process.argv.slice(2);
const { OpenAI } = createRequire(`${process.env.PATOU_TEST_CLIENTS}/`)("openai");
const client = new OpenAI({ baseURL: url, apiKey: "none" });
const asked = { model: "rag/docs", messages: [{ role: "user", content: "How long are backups kept?" }] };

const whole = (await client.chat.completions.create(asked)).choices[0].message;
let [text, chunks, annotations] = ["", 0, []];
for await (const chunk of await client.chat.completions.create({ ...asked, stream: true })) {
  const delta = chunk.choices[0]?.delta ?? {};
  if (delta.content) chunks += 1;
  text += delta.content ?? "";
  annotations = delta.annotations ?? annotations;
}
const models = [];
for await (const model of client.models.list()) models.push(model.id);
console.log(JSON.stringify({ whole: whole.content, annotations: whole.annotations, streamed: text, chunks, streamed_annotations: annotations, models }));
