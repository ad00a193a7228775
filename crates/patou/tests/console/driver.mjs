// A person at the console in Chromium, by keyboard: URL, width and theme are the first arguments.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.PATOU_TEST_CLIENTS}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
export const [base, width, theme, ...more] = process.argv.slice(2);
const isWide = Number(width) > 760;

const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: QUIET });
// Without motion, so that no colour is looked at while it changes into another.
const context = await browser.newContext({ viewport: { width: Number(width), height: isWide ? 800 : 844 }, colorScheme: theme, reducedMotion: "reduce" });
export const page = await context.newPage();
page.setDefaultTimeout(20_000);

const wrong = [];
page.on("request", (request) => {
  if (!request.url().startsWith(base)) wrong.push(`a request leaves the server: ${request.url()}`);
});
page.on("pageerror", (error) => wrong.push(`a script failed: ${error}`));
page.on("console", (message) => {
  // What the server refuses on purpose is logged by the browser itself.
  if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) wrong.push(message.text());
});
await page.addInitScript(() => {
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
});

export const key = (name) => page.keyboard.press(name);
export const type = (words) => page.keyboard.type(words);
export const seen = (selector, options) => page.locator(selector).filter({ visible: true, ...options }).first().waitFor();

/** Looks at the page with axe-core, and for what is cut off at the side. */
export async function look(what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("; ")}`);
  assert.deepEqual(told, [], `${what} is hard to use`);
  const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(inner <= outer, `${what} is ${inner} wide on ${outer}`);
}

/** Moves the focus with the Tab key until it is on `selector`. */
export async function tabTo(selector, name = "") {
  for (let step = 0; step < 120; step += 1) {
    await key("Tab");
    const there = await page.evaluate(
      ([wanted, words]) => document.activeElement?.matches(wanted) && (document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent).includes(words),
      [selector, name],
    );
    if (there) return;
  }
  assert.fail(`the Tab key never comes to \`${selector}\` ${name}`);
}

export async function command(words) {
  await key("Control+k");
  await seen("dialog.palette");
  await type(words);
  await key("Enter");
  await page.locator("dialog.palette").waitFor({ state: "detached" });
}

export async function ask(question) {
  await key("/");
  await page.waitForFunction(() => document.activeElement?.id === "question");
  await type(question);
  await key("Enter");
}

/** Nothing went wrong meanwhile. */
export async function leave() {
  assert.deepEqual(wrong, []);
  await browser.close();
  console.log("every flow went through");
}
