/* The trainer's scanning page. Typing a number works without any of this.

   data-scanner         the card; data-script: the decoder for browsers without BarcodeDetector, fetched when needed
   data-camera-key      shown when there is a camera to ask for; data-start starts it
   data-scan-form       sends one code (htmx); each reading gets a key of its own, so that sent twice it is one */

import { hasCamera, once, watch } from "./camera.js";

const card = document.querySelector("[data-scanner]");
const form = document.querySelector("[data-scan-form]");
const answer = document.querySelector("#scan-reply");

function say(text) {
  answer.textContent = text;
}

const camera = once((text) => {
  form.elements.code.value = text;
  navigator.vibrate?.(60);
  form.requestSubmit();
});

async function start() {
  try {
    await watch(document.querySelector("[data-video]"), card.dataset.script, camera.read);
    document.querySelector("[data-camera]").hidden = false;
    document.querySelector("[data-camera-key]").hidden = true;
  } catch {
    say(card.dataset.refused);
  }
}

if (card) {
  if (hasCamera()) document.querySelector("[data-camera-key]").hidden = false;
  document.querySelector("[data-start]").addEventListener("click", start);
  form.addEventListener("htmx:configRequest", (event) => {
    // getRandomValues, not randomUUID: a village server is often reached without https
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    event.detail.parameters.key = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  });
  form.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) {
      form.elements.code.value = "";
    } else {
      camera.forget();
      say([403, 422].includes(event.detail.xhr?.status) ? event.detail.xhr.responseText : card.dataset.offline);
    }
  });
}
