// The table of recent predictions.

import { getJson } from "./api.js";
import { classColour } from "./colours.js";
import { $, element, tell } from "./dom.js";
import { count, counted, decimal, moment, percent } from "./format.js";

const PAGE = 20;
const MOST = 500;
const PAUSE_MS = 250;
const FORMS = { segy: "SEG-Y", json: "JSON", raw: "float32", arrow: "Arrow" };

export class History {
  /** `classNames` gives the classes in the model's order, for their colours. */
  constructor(classNames) {
    this.classNames = classNames;
    this.limit = PAGE;
    this.asked = null;
    let typing;
    $("search").addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(() => this.refresh(), PAUSE_MS);
    });
    $("more").addEventListener("click", () => {
      this.limit = Math.min(this.limit + PAGE, MOST);
      this.refresh();
    });
  }

  /** Ask for the latest; an answer that another question has overtaken is dropped. */
  async refresh() {
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    const search = $("search").value.trim();
    const query = new URLSearchParams({ limit: this.limit, ...(search && { search }) });
    try {
      const { calls } = await getJson(`v1/history?${query}`, { signal: asked.signal });
      if (asked === this.asked) this.#show(calls, search);
    } catch (error) {
      if (error.name === "AbortError") return;
      tell($("history-problem"), error.message);
    }
  }

  #show(calls, search) {
    tell($("history-problem"), "");
    $("calls").replaceChildren(...calls.map((call) => this.#row(call)));
    $("more").hidden = calls.length < this.limit || this.limit >= MOST;
    const said = search ? `${counted(calls.length, "prediction")} with “${search}”` : "";
    $("history-summary").textContent = calls.length ? said : search ? `No prediction has “${search}”.` : "No predictions yet.";
  }

  #row(call) {
    const cell = (label, className, ...children) => element("td", { "data-label": label, className }, ...children);
    const id = element("small", { title: `request ${call.request_id}` }, `…${call.request_id.slice(-8)}`);
    const good = call.status < 400;
    const dot = element("span", { className: `dot ${good ? "good" : call.status < 500 ? "warn" : "bad"}`, "aria-hidden": "true" });
    const status = element("span", { className: "status" }, dot, String(call.status));
    const error = call.error ? [element("span", { className: "error" }, call.error)] : [];
    return element(
      "tr",
      {},
      cell("Time", "", element("time", { dateTime: call.received_at }, moment(call.received_at)), id),
      cell("Form", "", FORMS[call.method_form] ?? call.method_form),
      cell("Traces", "number", good ? count(call.traces) : "–"),
      cell("Classes", "wide", ...this.#mix(call.classes)),
      cell("Confidence", "number", call.mean_confidence === null ? "–" : percent(call.mean_confidence)),
      cell("Model", "", call.model_version ?? "–"),
      cell("ms", "number", decimal(call.latency_ms)),
      cell("Status", error.length ? "wide" : "", status, ...error),
    );
  }

  #mix(classes) {
    const order = this.classNames();
    const found = Object.entries(classes).filter(([, traces]) => traces > 0).sort((one, other) => other[1] - one[1]);
    const total = found.reduce((sum, [, traces]) => sum + traces, 0);
    if (!total) return ["–"];
    const parts = found.map(([name, traces]) => {
      const part = element("i");
      part.style.width = `${(traces / total) * 100}%`;
      part.style.background = classColour(Math.max(0, order.indexOf(name)));
      return part;
    });
    const words = found.map(([name, traces]) => `${name} ${count(traces)}`).join(", ");
    return [element("span", { className: "mix", "aria-hidden": "true" }, ...parts), element("span", { className: "mix-text" }, words)];
  }
}
