// The three ways in: a file, the sample, pasted traces.

import { getBlob } from "./api.js";
import { $ } from "./dom.js";
import { parseTraces } from "./paste.js";

/**
 * An input is `{name, body, type, table, isFile, synthetic}`: what is sent, as what, the path that answers with a table,
 * whether it is SEG-Y, and whether it was made by a computer.
 */
const ofFile = (file, name = file.name, synthetic = false) => ({
  name,
  synthetic,
  body: file,
  type: "application/octet-stream",
  table: "v1/predict/segy",
  isFile: true,
});

/** How files are to be read, as the person says it: a query to go with each request. */
export function options(input) {
  const chosen = { ...($("resample").checked && { resample: true }) };
  const bytes = ["inline", "crossline"].map((name) => [`${name}_byte`, $(`${name}-byte`)]);
  // The synthetic line is written as the standard says.
  if (!input.isFile || input.synthetic) return chosen;
  return { ...chosen, ...Object.fromEntries(bytes.map(([name, field]) => [name, field.value])) };
}

/** Hand each input to `take`, and what is wrong with one to `refuse`. */
export function watchInputs(take, refuse) {
  watchFiles(take);
  watchPaste(take, refuse);
  $("try").addEventListener("click", async () => {
    try {
      take(ofFile(await getBlob("v1/sample"), "Synthetic line", true));
    } catch (error) {
      refuse(error.message);
    }
  });
}

function watchFiles(take) {
  const [zone, input] = [$("drop"), $("file")];
  zone.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    if (input.files.length) take(ofFile(input.files[0]));
    input.value = ""; // the same file may be chosen again
  });
  // A file that misses the zone must not make the browser leave the page.
  for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
  addEventListener("dragover", () => zone.classList.add("over"));
  addEventListener("dragleave", (event) => event.relatedTarget || zone.classList.remove("over"));
  addEventListener("drop", (event) => {
    zone.classList.remove("over");
    const file = event.dataTransfer?.files[0];
    if (file) take(ofFile(file));
  });
}

function watchPaste(take, refuse) {
  $("paste-button").addEventListener("click", () => {
    $("paste").hidden = !$("paste").hidden;
    $("paste-button").setAttribute("aria-expanded", String(!$("paste").hidden));
    if (!$("paste").hidden) $("pasted").focus();
  });
  $("paste").addEventListener("submit", (event) => {
    event.preventDefault();
    let traces;
    try {
      traces = parseTraces($("pasted").value);
    } catch (error) {
      refuse(error.message);
      return;
    }
    const interval = Math.round(Number($("interval").value) * 1000);
    const body = JSON.stringify({ traces, sample_interval_us: interval, start_ms: Number($("start").value) });
    take({ name: "Pasted traces", body, type: "application/json", table: "v1/predict", isFile: false });
  });
}
