// Bars over days, from zero, with the largest and the last named at the bar.

import { html, useState } from "./html.js";

const HEIGHT = 160;
const WIDTH = 720;
/** Room for the words above the bars and below them. */
const TOP = 24;
const BOTTOM = 20;

export function Chart({ label, bars, figure }) {
  const [at, setAt] = useState(null);
  const most = Math.max(...bars.map((bar) => bar.value), 0);
  const step = WIDTH / bars.length;
  const height = (value) => (most > 0 ? (value / most) * (HEIGHT - TOP - BOTTOM) : 0);
  const top = bars.findIndex((bar) => bar.value === most);
  const shown = at ?? top;
  const total = bars.reduce((sum, bar) => sum + bar.value, 0);
  const middle = (place) => Math.min(Math.max((place + 0.5) * step, 70), WIDTH - 70);
  const pick = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const place = Math.floor(((event.clientX - box.left) / box.width) * bars.length);
    setAt(Math.min(Math.max(place, 0), bars.length - 1));
  };
  return html`<figure class="chart">
    <figcaption>${label}: <strong>${figure(total)}</strong> in all, at most ${figure(most)} (${bars[top]?.label})</figcaption>
    <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label=${`${label}, from ${bars[0]?.label} to ${bars.at(-1)?.label}; the table below has the figures`}
      onPointerMove=${pick} onPointerLeave=${() => setAt(null)}>
      <line class="axis" x1="0" x2=${WIDTH} y1=${HEIGHT - BOTTOM} y2=${HEIGHT - BOTTOM} />
      ${bars.map((bar, place) => html`<rect key=${bar.label} class=${place === shown ? "column named" : "column"} x=${place * step + step * 0.1} width=${step * 0.8}
        y=${HEIGHT - BOTTOM - height(bar.value)} height=${height(bar.value)} />`)}
      ${most > 0 && html`<text class="value" x=${middle(shown)} y=${HEIGHT - BOTTOM - height(bars[shown].value) - 6} text-anchor="middle">${figure(bars[shown].value)} · ${bars[shown].label}</text>`}
      <text x="0" y=${HEIGHT - 5}>${bars[0]?.label}</text>
      <text x=${WIDTH} y=${HEIGHT - 5} text-anchor="end">${bars.at(-1)?.label}</text>
    </svg>
  </figure>`;
}
