/* Reading QR codes with the camera, for the trainer's pages. */

const PAUSE = 250; // ms between two looks at the picture
const SAME = 4000; // ms during which the same code in view is one reading

function loadScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
}

/** A function from the video to the text of the code in it, or "". `script`: the decoder where the browser has none. */
async function decoder(video, script) {
  if ("BarcodeDetector" in window && (await window.BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
    const native = new window.BarcodeDetector({ formats: ["qr_code"] });
    return async () => (await native.detect(video))[0]?.rawValue ?? "";
  }
  if (!window.jsQR) await loadScript(script);
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

/** Passes the same text on once while it stays in view; `forget` lets it be read again at once. */
export function once(act) {
  let last = { text: "", at: 0 };
  return {
    forget: () => {
      last = { text: "", at: 0 };
    },
    read: (text) => {
      const now = Date.now();
      const again = text === last.text && now - last.at < SAME;
      last = { text, at: now };
      if (!again) act(text);
    },
  };
}

/** Show the camera's picture and call `onText` with each code in it. Rejects when there is no camera to be had. */
export async function watch(video, script, onText) {
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  await video.play();
  const read = await decoder(video, script);
  const look = async () => {
    if (video.readyState >= video.HAVE_CURRENT_DATA) {
      const text = await read().catch(() => "");
      if (text) onText(text);
    }
    window.setTimeout(look, PAUSE);
  };
  look();
}

export const hasCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);
