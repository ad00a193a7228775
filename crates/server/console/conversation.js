// Conversations: a turn is what a collection answered to a question after those before it. Kept in memory alone,
// so that a page that is loaded anew asks anew, and nothing deleted goes on being shown.

import { useEffect, useState } from "./html.js";
import * as api from "./api.js";

const turns = new Map();
const changed = new EventTarget();
let due = false;

/** Tells views at most once a frame, however fast tokens come. */
function tell() {
  if (due) return;
  due = true;
  setTimeout(() => {
    due = false;
    changed.dispatchEvent(new Event("changed"));
  }, 16);
}

const keyOf = (collection, questions) => JSON.stringify([collection, questions]);

/** What was said before the last of `questions`. */
function historyOf(collection, questions) {
  return questions.slice(0, -1).flatMap((question, index) => [
    { role: "user", content: question },
    { role: "assistant", content: turns.get(keyOf(collection, questions.slice(0, index + 1))).text },
  ]);
}

async function run(turn, collection, questions) {
  turn.abort = new AbortController();
  try {
    const history = historyOf(collection, questions);
    const done = await api.ask(collection, turn.question, history, turn.abort.signal, (name, data) => {
      if (name === "token") turn.text += data.text;
      else if (name === "citation") turn.citations = [...turn.citations, data];
      tell();
    });
    Object.assign(turn, { state: "done", text: done.answer, citations: done.citations, result: done });
  } catch (error) {
    Object.assign(turn, error.name === "AbortError" ? { state: "stopped" } : { state: "failed", error });
  }
  tell();
}

/** The turns of a conversation; begins the first that was not asked yet, once those before it are through. */
function turnsOf(collection, questions) {
  const found = [];
  for (let index = 0; index < questions.length; index += 1) {
    const asked = questions.slice(0, index + 1);
    const key = keyOf(collection, asked);
    let turn = turns.get(key);
    if (!turn) {
      turn = { key, question: questions[index], state: "asking", text: "", citations: [] };
      turns.set(key, turn);
      run(turn, collection, asked);
    }
    found.push(turn);
    if (turn.state !== "done") break;
  }
  return found;
}

export const stop = (turn) => turn.abort?.abort();

/** Forgets a turn, so that it is asked again. */
export function again(turn) {
  turns.delete(turn.key);
  tell();
}

/** The turns as they are written. */
export function useConversation(collection, questions) {
  const [, setRound] = useState(0);
  useEffect(() => {
    const listen = () => setRound((round) => round + 1);
    changed.addEventListener("changed", listen);
    return () => changed.removeEventListener("changed", listen);
  }, []);
  return turnsOf(collection, questions);
}
