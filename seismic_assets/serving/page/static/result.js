// The result beside its section: facts, legend, notes, the choice of a line, downloads.

import { post } from "./api.js";
import { bar } from "./charts.js";
import { classColour, CONFIDENCE_RAMP } from "./colours.js";
import { $, element } from "./dom.js";
import { count, counted, percent, rough } from "./format.js";
import { options } from "./inputs.js";
import { SectionView } from "./section.js";

const TABLES = { csv: "text/csv", parquet: "application/vnd.apache.parquet" };

export class Result {
  /** `onLine` is called with the first and last trace of a chosen line, `refuse` with a sentence. */
  constructor(onLine, refuse) {
    this.view = new SectionView($("section"), $("cursor"), (words) => { $("readout").textContent = words; });
    this.refuse = refuse;
    this.input = null;
    this.#watchChoices();
    $("line").addEventListener("change", () => onLine(...$("line").value.split(" ").map(Number)));
    for (const kind of Object.keys(TABLES)) $(kind).addEventListener("click", () => this.#download(kind));
    this.#drawRamp();
  }

  /** Show an answer of /v1/section to an input. */
  show(answer, input) {
    const another = input !== this.input;
    this.input = input;
    $("result").hidden = false;
    $("result-name").textContent = input.name;
    $("synthetic").hidden = !input.synthetic;
    $("result-facts").textContent = facts(answer);
    $("section").setAttribute("aria-label", `Section of ${input.name}: ${facts(answer)}`);
    $("readout").textContent = "Point at the section, or focus it and press the arrow keys.";
    const words = input.synthetic ? ["This line is synthetic: made by a computer, no part of it was measured."] : [];
    $("notes").replaceChildren(...[...words, ...answer.notes].map((note) => element("li", {}, note)));
    this.#legend(answer);
    if (another) this.#lines(answer);
    this.view.show(answer);
  }

  #watchChoices() {
    for (const radio of document.querySelectorAll("input[name=overlay]")) {
      radio.addEventListener("change", () => {
        this.view.choose({ overlay: radio.value });
        $("class-legend").hidden = radio.value === "confidence";
        $("confidence-legend").hidden = radio.value !== "confidence";
      });
    }
    for (const radio of document.querySelectorAll("input[name=ramp]")) {
      radio.addEventListener("change", () => this.view.choose({ ramp: radio.value }));
    }
    const opacity = () => {
      $("opacity-value").textContent = `${$("opacity").value} %`;
      this.view.choose({ opacity: $("opacity").value / 100 });
    };
    $("opacity").addEventListener("input", opacity);
    opacity(); // a browser may have kept another value over a reload
    for (const [name, choice] of [["overlay", "overlay"], ["ramp", "ramp"]]) {
      this.view.choose({ [choice]: document.querySelector(`input[name=${name}]:checked`).value });
    }
  }

  #legend({ class_names: names, class_shares: shares }) {
    $("legend").replaceChildren(
      ...names.map((name, index) => {
        const shown = element("input", { type: "checkbox", checked: true, "aria-label": `show ${name}` });
        shown.addEventListener("change", () => this.view.showClass(index, shown.checked));
        const swatch = element("span", { className: "swatch", "aria-hidden": "true" });
        swatch.style.background = classColour(index);
        const share = element("span", { className: "share" }, percent(shares[name]));
        return element("li", {}, element("label", {}, shown, swatch, element("span", { className: "class-name" }, name), bar(shares[name], classColour(index)), share));
      }),
    );
  }

  #lines({ lines, num_traces: traces }) {
    $("line-choice").hidden = !lines;
    if (!lines) return;
    $("line-axis").textContent = lines.axis === "inline" ? "Inline" : "Crossline";
    const whole = element("option", { value: `0 ${traces - 1}` }, "whole file");
    $("line").replaceChildren(
      whole,
      ...lines.lines.map(([number, first, last]) => element("option", { value: `${first} ${last}` }, String(number))),
    );
  }

  async #download(kind) {
    const { input } = this;
    $(kind).disabled = true;
    try {
      const query = new URLSearchParams(options(input));
      const table = await post(`${input.table}?${query}`, input.body, { type: input.type, accept: TABLES[kind] });
      save(table, `${input.name.replace(/\.(sgy|segy|seg)$/i, "").replaceAll(" ", "_")}_predictions.${kind}`);
    } catch (error) {
      this.refuse(error.message);
    } finally {
      $(kind).disabled = false;
    }
  }

  #drawRamp() {
    const context = $("confidence-ramp").getContext("2d");
    CONFIDENCE_RAMP.forEach((colour, level) => {
      context.fillStyle = `rgb(${colour.join(" ")})`;
      context.fillRect(level, 0, 1, 12);
    });
  }
}

function facts({ num_traces: traces, num_samples: samples, sample_interval_us: interval, traces_shown: shown, windows, model_version: version, width }) {
  const part = shown.first > 0 || shown.last < traces - 1 ? ` of traces ${count(shown.first)} to ${count(shown.last)}` : "";
  const thinned = shown.step > 1 ? `every ${ordinal(shown.step)}${part} shown` : part ? `${count(width)} shown` : "";
  return [
    counted(traces, "trace"),
    thinned,
    `${counted(samples, "sample")} of ${rough(interval / 1000)} ms`,
    `${counted(windows, "window")} predicted`,
    `model ${version}`,
  ].filter(Boolean).join(" · ");
}

function ordinal(number) {
  const teen = number % 100 >= 11 && number % 100 <= 13;
  return `${number}${(!teen && { 1: "st", 2: "nd", 3: "rd" }[number % 10]) || "th"}`;
}

function save(blob, name) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
