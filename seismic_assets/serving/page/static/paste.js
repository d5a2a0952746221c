// Traces from text.

/** The traces of a pasted text: a JSON array of arrays, or one trace a line. Throws an Error that says what is wrong. */
export function parseTraces(text) {
  const trimmed = text.trim();
  if (!trimmed) throw new Error("There is nothing to predict; paste at least one trace.");
  const rows = /^[[{]/.test(trimmed) ? fromJson(trimmed) : fromLines(trimmed);
  const odd = rows.findIndex((row) => row.values.length !== rows[0].values.length);
  if (odd > 0) {
    const { name, values } = rows[odd];
    throw new Error(
      `${name} has ${values.length} samples and ${rows[0].name.toLowerCase()} has ${rows[0].values.length}; ` +
        "give traces of one length.",
    );
  }
  return rows.map((row) => row.values);
}

function fromJson(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`The text begins like JSON but is not: ${error.message}.`);
  }
  const found = Array.isArray(value) ? value : value.traces;
  if (!Array.isArray(found) || !found.length) {
    throw new Error("The JSON holds no traces; give an array of arrays of numbers.");
  }
  const traces = Array.isArray(found[0]) ? found : [found];
  return traces.map((values, index) => {
    const name = `Trace ${index + 1}`;
    if (!Array.isArray(values)) throw new Error(`${name} is no array; give an array of arrays of numbers.`);
    return { name, values: values.map((each) => checked(each, each, name)) };
  });
}

function fromLines(text) {
  return text
    .split(/\r?\n/)
    .map((line, index) => ({ name: `Line ${index + 1}`, words: line.split(/[\s,;]+/).filter(Boolean) }))
    .filter(({ words }) => words.length)
    .map(({ name, words }) => ({ name, values: words.map((word) => checked(Number(word), word, name)) }));
}

function checked(value, written, name) {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new Error(`${name}: ${JSON.stringify(written)} is not a number.`);
}
