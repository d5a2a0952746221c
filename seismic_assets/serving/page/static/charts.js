// Charts: latency as columns, classes as bars. Every figure stands beside its chart as text, too.

import { classColour } from "./colours.js";
import { element } from "./dom.js";
import { count, counted, percent, rough } from "./format.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 120;
const BASE = 96;
const GAP = 2;
const LABEL_WIDTH = 34;

function drawn(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Answers in each bucket from the cumulative ones, without the empty ones at both ends. */
export function bucketCounts(cumulative) {
  const counts = cumulative.map(([limit, total], index) => ({
    from: index ? cumulative[index - 1][0] : 0,
    to: limit,
    answers: total - (index ? cumulative[index - 1][1] : 0),
  }));
  const filled = counts.map(({ answers }) => answers > 0);
  return counts.slice(Math.max(0, filled.indexOf(true) - 1), filled.lastIndexOf(true) + 1);
}

/** About how long a share of the answers took at most; null where it lies beyond the last limit. */
export function quantile(cumulative, share) {
  const total = cumulative.at(-1)?.[1] ?? 0;
  if (!total) return null;
  const at = cumulative.findIndex(([, answers]) => answers >= share * total);
  const [limit, answers] = cumulative[at];
  if (limit === null) return null;
  const [before, below] = at ? cumulative[at - 1] : [0, 0];
  return before + ((share * total - below) / (answers - below)) * (limit - before);
}

const span = ({ from, to }) => (to === null ? `over ${rough(from)} ms` : `${rough(from)} to ${rough(to)} ms`);

/** Draw how long answers took, and say it in words. */
export function drawLatency(place, summary, cumulative) {
  const total = cumulative.at(-1)?.[1] ?? 0;
  if (!total) {
    summary.textContent = "no answers yet";
    place.replaceChildren();
    return;
  }
  const [half, most] = [quantile(cumulative, 0.5), quantile(cumulative, 0.95)];
  const last = cumulative.findLast(([limit]) => limit !== null)?.[0];
  const said = (value) => (value === null ? `over ${rough(last)} ms` : `about ${rough(value)}\u00a0ms`);
  summary.textContent = `${counted(total, "answer")}: half within ${said(half)}, 95\u00a0% within ${said(most)}`;
  const buckets = bucketCounts(cumulative);
  const width = place.clientWidth || 280;
  const column = width / buckets.length;
  const highest = Math.max(...buckets.map(({ answers }) => answers));
  const words = buckets.filter(({ answers }) => answers).map((each) => `${span(each)}: ${count(each.answers)}`);
  const chart = drawn("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": `Answers by latency. ${words.join("; ")}` });
  chart.append(drawn("line", { x1: 0, x2: width, y1: BASE, y2: BASE }));
  const every = Math.ceil(LABEL_WIDTH / column);
  buckets.forEach((bucket, index) => {
    const high = (bucket.answers / highest) * (BASE - 6);
    const bar = drawn("rect", { x: index * column + GAP / 2, y: BASE - high, width: Math.max(1, column - GAP), height: high, rx: 2 });
    bar.append(drawn("title", {}, `${span(bucket)}: ${counted(bucket.answers, "answer")}`));
    chart.append(bar);
    if (bucket.to !== null && index % every === 0 && (index + 1) * column < width - 14) {
      chart.append(drawn("text", { x: (index + 1) * column, y: BASE + 15, "text-anchor": "middle" }, rough(bucket.to)));
    }
  });
  chart.append(drawn("text", { x: width, y: BASE + 15, "text-anchor": "end" }, "ms"));
  place.replaceChildren(chart);
}

/** A bar that is filled to a share. */
export function bar(share, colour) {
  const fill = element("span", { className: "fill" });
  fill.style.width = `${share * 100}%`;
  fill.style.background = colour;
  return element("span", { className: "track", "aria-hidden": "true" }, fill);
}

/** Draw how often each class was predicted; colours go by the model's order of classes. */
export function drawClasses(place, summary, counts, order) {
  const names = [...order, ...Object.keys(counts).filter((name) => !order.includes(name))];
  const total = Object.values(counts).reduce((sum, each) => sum + each, 0);
  summary.textContent = total ? `${counted(total, "trace")} since the service started` : "no answers yet";
  place.replaceChildren(
    ...(total ? names : []).map((name, index) => {
      const traces = counts[name] ?? 0;
      const said = element("span", { className: "share" }, `${count(traces)} · ${percent(traces / total)}`);
      return element("li", {}, element("span", {}, name), said, bar(traces / total, classColour(index)));
    }),
  );
}
