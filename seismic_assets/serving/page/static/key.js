// The API key: asked for when the service wants one, kept in this tab only.

import { key, setKey } from "./api.js";
import { $ } from "./dom.js";

const USUAL = $("key-reason").textContent;

/** Let a person give, change or forget the key. */
export function watchKey() {
  const dialog = $("key-dialog");
  const open = (sentence) => {
    $("key-reason").textContent = sentence;
    $("key-forget").hidden = !key();
    $("key").value = "";
    if (!dialog.open) dialog.showModal();
    $("key").focus();
  };
  let dismissed = false; // a person who closed the dialog is not asked at each refresh
  addEventListener("key-needed", (event) => dismissed || open(event.detail));
  $("key-button").addEventListener("click", () => open(USUAL));
  $("key-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => { dismissed = true; });
  $("key-forget").addEventListener("click", () => {
    dialog.close();
    setKey("");
  });
  $("key-form").addEventListener("submit", () => {
    const given = $("key").value.trim();
    if (!given) return;
    setTimeout(() => {
      dismissed = false;
      setKey(given);
    });
  });
}
