// Requests to the service, with the key of this tab; what goes wrong becomes the sentence that the service gives.

const ROOT = new URL("../", import.meta.url);
const KEY = "seismic-api-key";
const NO_ANSWER = "The service does not answer; check that it runs and that this computer reaches it.";

/** What the service, or the way to it, has against a request. */
export class Problem extends Error {
  constructor(sentence, status = 0) {
    super(sentence);
    this.status = status;
  }
}

export const key = () => sessionStorage.getItem(KEY) ?? "";

/** Keep a key for this tab, or forget it, and let the page ask again. */
export function setKey(value) {
  if (value) sessionStorage.setItem(KEY, value);
  else sessionStorage.removeItem(KEY);
  dispatchEvent(new Event("key-changed"));
}

/** The JSON that a path answers. */
export async function getJson(path, options = {}) {
  return (await get(path, options)).json();
}

/** The bytes that a path answers. */
export async function getBlob(path) {
  return (await get(path)).blob();
}

async function get(path, { signal } = {}) {
  let response;
  try {
    response = await fetch(new URL(path, ROOT), { headers: authorization(), signal, cache: "no-store" });
  } catch (error) {
    throw error.name === "AbortError" ? error : new Problem(NO_ANSWER);
  }
  if (!response.ok) throw refused(response.status, await response.text());
  return response;
}

/**
 * Send a body and give the bytes that come back. An XMLHttpRequest, as fetch does not say how far an upload is.
 * `onProgress` is called with the share that is sent, from 0 to 1.
 */
export function post(path, body, { type, accept = "application/json", onProgress, signal } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", new URL(path, ROOT));
    request.responseType = "blob";
    for (const [name, value] of Object.entries({ "Content-Type": type, Accept: accept, ...authorization() })) {
      request.setRequestHeader(name, value);
    }
    request.upload.onprogress = (event) => event.lengthComputable && onProgress?.(event.loaded / event.total);
    request.upload.onload = () => onProgress?.(1);
    request.onerror = () => reject(new Problem(NO_ANSWER));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    request.onload = async () => {
      if (request.status >= 200 && request.status < 300) resolve(request.response);
      else reject(refused(request.status, await request.response.text()));
    };
    signal?.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

function authorization() {
  return key() ? { Authorization: `Bearer ${key()}` } : {};
}

/** The problem of an answer (RFC 9457: the sentence is in `detail`). */
function refused(status, text) {
  let sentence = "";
  try {
    const { detail } = JSON.parse(text);
    if (typeof detail === "string") sentence = detail;
  } catch {
    sentence = "";
  }
  const problem = new Problem(sentence || `The service answered with status ${status}; try again later.`, status);
  if (status === 401) dispatchEvent(new CustomEvent("key-needed", { detail: problem.message }));
  return problem;
}
