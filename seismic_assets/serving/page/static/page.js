// The page: from an input to its section, and what is refreshed by itself.

import { post } from "./api.js";
import { $, tell } from "./dom.js";
import { percent } from "./format.js";
import { History } from "./history.js";
import { options, watchInputs } from "./inputs.js";
import { watchKey } from "./key.js";
import { Result } from "./result.js";
import { ServiceStatus } from "./status.js";

const REFRESH_MS = 5000;
const RECORDED_MS = 1500; // what is predicted is on record within about a second

const status = new ServiceStatus();
const history = new History(() => status.classes);
const result = new Result((first, last) => predict(result.input, { first, last }), refuse);
let running = null;
let wanted = null; // what was refused for want of a key

watchKey();
watchInputs((input) => predict(input), refuse);
$("cancel").addEventListener("click", () => running?.abort());
addEventListener("key-changed", async () => {
  await refresh();
  if (wanted) predict(...wanted);
});
document.addEventListener("visibilitychange", () => document.hidden || refresh());
setInterval(() => $("refresh").checked && !document.hidden && refresh(), REFRESH_MS);
refresh();

async function refresh() {
  await status.refresh();
  await history.refresh();
}

function refuse(sentence) {
  tell($("problem"), sentence);
}

/** Send an input and show its section; an earlier one that is still under way is given up. */
async function predict(input, range = {}) {
  running?.abort();
  const mine = (running = new AbortController());
  wanted = null;
  refuse("");
  busy(input, true);
  const query = new URLSearchParams({ ...range, ...options(input) });
  try {
    const blob = await post(`v1/section?${query}`, input.body, {
      type: input.type,
      signal: mine.signal,
      onProgress: progress,
    });
    const answer = JSON.parse(await blob.text());
    if (mine !== running) return;
    result.show(answer, input);
    $("announcement").textContent = summary(answer, input);
    refresh();
    setTimeout(() => history.refresh(), RECORDED_MS);
  } catch (error) {
    if (mine !== running) return;
    if (error.status === 401) wanted = [input, range];
    if (error.name !== "AbortError") refuse(error.message);
  } finally {
    if (mine === running) busy(input, false);
  }
}

function busy(input, on) {
  $("busy").hidden = !on;
  $("busy-text").textContent = input.isFile ? `Sending ${input.name}` : "Predicting";
  $("progress").removeAttribute("value");
}

function progress(share) {
  if (share < 1) {
    $("progress").value = share;
    return;
  }
  $("progress").removeAttribute("value");
  $("busy-text").textContent = "Predicting";
}

function summary({ class_shares: shares, windows }, input) {
  const most = Object.entries(shares).sort((one, other) => other[1] - one[1]).filter(([, share]) => share > 0);
  const words = most.slice(0, 3).map(([name, share]) => `${name} ${percent(share)}`).join(", ");
  return windows ? `${input.name} is predicted: ${words}.` : `${input.name} is predicted: no trace of it has a class.`;
}
