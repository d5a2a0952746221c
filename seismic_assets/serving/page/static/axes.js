// Round numbers for axes.

/** Round numbers from `low` to `high`, about `wanted` of them. */
export function ticks(low, high, wanted) {
  const raw = (high - low) / Math.max(1, wanted);
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * size).find((each) => each >= raw);
  const result = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9; at += 1) result.push(at * step);
  return result;
}

const varies = (numbers) => numbers.some((number) => number !== numbers[0]);

/** The horizontal axis: what counts along the line, and which columns carry a number. */
export function horizontalAxis({ inline, crossline, traces_shown: shown, width }) {
  const traces = Array.from({ length: width }, (_, column) => shown.first + column * shown.step);
  let name = "trace";
  let numbers = traces;
  if (varies(crossline) && !varies(inline)) [name, numbers] = [`crossline, along inline ${inline[0]}`, crossline];
  if (varies(inline) && !varies(crossline)) [name, numbers] = [`inline, along crossline ${crossline[0]}`, inline];
  return { name, numbers, columns: (wanted) => evenColumns(width, wanted) };
}

/** Columns at a round distance, from the first. */
function evenColumns(width, wanted) {
  const raw = Math.max(1, width / wanted);
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(1, [1, 2, 5, 10].map((factor) => factor * size).find((each) => each >= raw));
  return Array.from({ length: Math.ceil(width / step) }, (_, at) => at * step).filter((column) => column < width);
}
