// Numbers and times as a person reads them.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const three = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const tenth = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export const count = (value) => whole.format(value);
export const rough = (value) => three.format(value);
export const decimal = (value) => tenth.format(value);
export const counted = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

/** A share from 0 to 1; what is there but rounds to nothing is said to be there. */
export function percent(share) {
  if (share > 0 && share < 0.001) return "<\u00a00.1\u00a0%";
  return `${tenth.format(share * 100)}\u00a0%`;
}

const pad = (value) => String(value).padStart(2, "0");

/** The local time of an ISO time stamp; with its date where it is not today. */
export function moment(iso) {
  const at = new Date(iso);
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map(pad).join(":");
  if (at.toDateString() === new Date().toDateString()) return clock;
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${clock}`;
}

/** How long something has been going on. */
export function since(iso) {
  const minutes = Math.max(0, (Date.now() - new Date(iso)) / 60000);
  if (minutes < 1) return "less than a minute";
  if (minutes < 60) return counted(Math.floor(minutes), "minute");
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${Math.floor(minutes % 60)} min`;
  return counted(Math.floor(minutes / 1440), "day");
}
