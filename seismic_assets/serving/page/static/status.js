// How the service is: its model, drift, latency, classes and counts.

import { getJson } from "./api.js";
import { drawClasses, drawLatency } from "./charts.js";
import { $, describe, element, tell } from "./dom.js";
import { count, moment, percent, rough, since } from "./format.js";

const SEVERITIES = { none: "good", ok: "good", low: "good", minor: "warn", moderate: "warn", medium: "warn" };

export class ServiceStatus {
  constructor() {
    this.info = null;
    this.status = null;
    new ResizeObserver(() => this.status && this.#latency()).observe($("latency"));
  }

  /** Class names in the model's order. */
  get classes() {
    return this.info?.classes ?? [];
  }

  /** Ask for everything. What is refused leaves what was shown, and is said at the model. */
  async refresh() {
    try {
      const health = await getJson("health");
      await this.#model(health);
      this.status = await getJson("v1/status");
      this.#show();
    } catch (error) {
      this.#badge(error.status === 401 ? "warn" : "bad", error.status === 401 ? "key needed" : "not reachable");
      tell($("model-reason"), error.message);
    }
  }

  #badge(kind, text) {
    $("model-dot").className = `dot ${kind}`;
    $("model-state").textContent = text;
  }

  async #model(health) {
    tell($("model-reason"), health.reason);
    if (!health.model_loaded) {
      this.info = null;
      this.#badge("bad", "no model");
      describe($("model"), []);
      return;
    }
    this.#badge(health.reason ? "warn" : "good", `model ${health.model_version}, ready`);
    this.info = await getJson("v1/model_info");
    const { info } = this;
    const untrained = info.classes.filter((name) => !info.trained_classes.includes(name));
    const { samples, step } = info.window;
    describe($("model"), [
      ["Version", info.model_version],
      ["Kind", info.model_type.replaceAll("_", " ")],
      ["Classes", info.classes.length],
      ["Never seen in training", untrained.join(", ")],
      ["Features", `${info.num_features} (${info.feature_set})`],
      ["Window", samples === null ? "the whole trace" : `${samples} samples, every ${step}`],
      ["Sample interval", `${rough(info.sample_interval_us / 1000)} ms`],
      ["Amplitudes", info.normalise === "none" ? "as they are" : "divided by the file’s scale"],
    ]);
    if (!$("interval").value) $("interval").value = info.sample_interval_us / 1000;
  }

  #show() {
    const { requests, recorder, second, started_at: started, classes } = this.status;
    this.#latency();
    drawClasses($("classes"), $("classes-summary"), classes, this.classes);
    this.#drift(this.status.monitoring);
    const secondModel = second && `${second.version}, ${second.role}${second.share === null ? "" : ` of ${percent(second.share)}`}`;
    describe($("service"), [
      ["Running for", since(started)],
      ["Requests to predict", count(requests.total)],
      ["Of these failed", requests.total ? `${count(requests.errors)} (${percent(requests.errors / requests.total)})` : "0"],
      ["Second model", secondModel],
      ["It agrees in", second?.agreement === null || second?.agreement === undefined ? null : percent(second.agreement)],
      ["Requests on record", recorder && count(recorder.written)],
      ["Not recorded, lost", recorder?.lost ? count(recorder.lost) : null],
    ]);
  }

  #latency() {
    drawLatency($("latency"), $("latency-summary"), this.status.latency_buckets_ms);
  }

  #drift(report) {
    if (!report) {
      $("drift").replaceChildren(element("p", { className: "muted" }, "no monitoring report yet"));
      return;
    }
    const dot = element("span", { className: `dot ${SEVERITIES[report.severity.toLowerCase()] ?? "bad"}`, "aria-hidden": "true" });
    const figures = element("dl");
    const known = (value) => value !== null && value !== undefined;
    const of = known(report.features) ? ` of ${report.features}` : "";
    describe(figures, [
      ["Features that moved", known(report.drifted_features) ? `${report.drifted_features}${of}` : null],
      ["Accuracy by feedback", known(report.accuracy) ? percent(report.accuracy) : null],
      ["Reported", report.reported_at && moment(report.reported_at)],
    ]);
    $("drift").replaceChildren(
      element("p", { className: "severity" }, dot, report.severity),
      element("p", { className: "muted" }, report.summary),
      figures,
    );
  }
}
