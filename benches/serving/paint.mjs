// First paint of the console on loopback, warm and cold: node paint.mjs URL [TIMES]. PATOU_TEST_CLIENTS names the
// folder that `cargo xtask setup` fills.

import { createRequire } from "node:module";

const { chromium } = createRequire(`${process.env.PATOU_TEST_CLIENTS}/`)("playwright-core");
const [url, times = "15"] = process.argv.slice(2);
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args });
const figures = { cold: [], warm: [] };
for (let round = 0; round < Number(times); round += 1) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  for (const kind of ["cold", "warm"]) {
    await page.goto(url, { waitUntil: "load" });
    const paint = await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? performance.getEntriesByName("first-paint")[0]?.startTime);
    const first = await page.evaluate(() => performance.getEntriesByName("first-paint")[0]?.startTime);
    figures[kind].push([first, await paint.jsonValue()]);
  }
  await context.close();
}
const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)].toFixed(0);
for (const [kind, list] of Object.entries(figures)) {
  console.log(`${kind}: first paint ${median(list.map(([first]) => first))} ms, first content ${median(list.map(([, content]) => content))} ms (medians of ${list.length})`);
}
await browser.close();
