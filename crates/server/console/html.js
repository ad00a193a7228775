// What every view imports to draw: Preact with htm, and the hooks.

import { h, render } from "./vendor/preact.mjs";
import htm from "./vendor/htm.mjs";

export { render };
export * from "./vendor/hooks.mjs";
export const html = htm.bind(h);
