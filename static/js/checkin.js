/* The trainer's scanning page. Typing a number works without any of this.

   data-scanner         the card; data-script: the decoder for browsers without BarcodeDetector, fetched when needed
   data-camera-key      shown when there is a camera to ask for; data-start starts it
   data-scan-form       sends one code (htmx); each reading gets a key of its own, so that sent twice it is one */

const card = document.querySelector("[data-scanner]");
const form = document.querySelector("[data-scan-form]");
const video = document.querySelector("[data-video]");
const answer = document.querySelector("#scan-reply");
const PAUSE = 250; // ms between two looks at the picture
const SAME = 4000; // ms during which the same code in view is one reading

let last = { text: "", at: 0 };

function say(text) {
  answer.textContent = text;
}

function send(text) {
  const now = Date.now();
  if (text === last.text && now - last.at < SAME) {
    last.at = now;
    return;
  }
  last = { text, at: now };
  form.elements.code.value = text;
  navigator.vibrate?.(60);
  form.requestSubmit();
}

function loadScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
}

/** A function from the video to the text of the code in it, or "". */
async function decoder() {
  if ("BarcodeDetector" in window && (await window.BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
    const native = new window.BarcodeDetector({ formats: ["qr_code"] });
    return async () => (await native.detect(video))[0]?.rawValue ?? "";
  }
  if (!window.jsQR) await loadScript(card.dataset.script);
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return async () => {
    const scale = Math.min(1, 640 / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const picture = context.getImageData(0, 0, canvas.width, canvas.height);
    return window.jsQR(picture.data, picture.width, picture.height)?.data ?? "";
  };
}

async function start() {
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    await video.play();
    const read = await decoder();
    document.querySelector("[data-camera]").hidden = false;
    document.querySelector("[data-camera-key]").hidden = true;
    const look = async () => {
      if (video.readyState >= video.HAVE_CURRENT_DATA) {
        const text = await read().catch(() => "");
        if (text) send(text);
      }
      window.setTimeout(look, PAUSE);
    };
    look();
  } catch {
    say(card.dataset.refused);
  }
}

if (card) {
  if (navigator.mediaDevices?.getUserMedia) document.querySelector("[data-camera-key]").hidden = false;
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
      last = { text: "", at: 0 };
      say(event.detail.xhr?.status === 422 ? event.detail.xhr.responseText : card.dataset.offline);
    }
  });
}
