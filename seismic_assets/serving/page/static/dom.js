// Elements by id, and new ones: text is always set as text, never as markup.

export const $ = (id) => document.getElementById(id);

/** A new element with properties (`class`, `data-…`, `aria-…` as attributes) and children. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Show a sentence in an element, or hide the element where there is none. */
export function tell(place, sentence) {
  place.textContent = sentence ? sentence[0].toUpperCase() + sentence.slice(1) : "";
  place.hidden = !sentence;
}

/** Replace the terms of a description list; those without a value are left out. */
export function describe(list, terms) {
  const rows = terms.filter(([, value]) => value !== null && value !== undefined && value !== "");
  list.replaceChildren(...rows.flatMap(([term, value]) => [element("dt", {}, term), element("dd", {}, String(value))]));
}
