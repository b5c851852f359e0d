/* What a prepared page keeps in the browser: its device with the roster, and the queue of signed events.

   Each event is signed over the signature before it (HMAC-SHA256; the server: lms/training/tokens.py, link). The key lies
   in the database as one that signs and cannot be read. Two tabs share one queue: who lost the race for a number tries again. */

const NAME = "offline-checkin";
const BATCH = 50;
const SEND = "/checkin/offline/";
const text = new TextEncoder();
const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

const boot = hex(crypto.getRandomValues(new Uint8Array(8)));
export const clocks = () => ({ at: Date.now(), mono: Math.round(performance.now()), boot });

/** Whether this browser, at this address, can do all of it. */
export const supported = () =>
  window.isSecureContext && "serviceWorker" in navigator && "indexedDB" in window && Boolean(crypto.subtle);

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

let opened;
function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("devices", { keyPath: "device" });
      request.result.createObjectStore("events", { keyPath: ["device", "n"] });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

/** Runs `act` with the stores of one transaction; resolves to its result when all of it is on the disk. */
async function within(mode, act) {
  const transaction = (await database()).transaction(["devices", "events"], mode, { durability: "strict" });
  const finished = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
  const result = await act(transaction.objectStore("devices"), transaction.objectStore("events"));
  await finished;
  return result;
}

export const devices = () => within("readonly", (store) => done(store.getAll()));
export const events = () => within("readonly", (_store, store) => done(store.getAll()));

/** Keep what the server handed out at the preparation. */
export async function prepare(page, found) {
  const raw = Uint8Array.from(found.chain.match(/../g), (pair) => parseInt(pair, 16));
  const secret = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const { device, key, roster } = found;
  const row = { device, key, roster, secret, page, prepared: Date.now(), n: 0, mac: "" };
  await within("readwrite", (store) => done(store.put(row)));
  return row;
}

/** Queue one event: `session`, `kind`, `direction`, `text`. Resolves when it is on the disk. */
export async function add(number, said) {
  const now = clocks();
  for (;;) {
    const state = await within("readonly", (store) => done(store.get(number)));
    const event = { device: number, n: state.n + 1, ...said, ...now, prior: state.mac };
    const words = [event.prior, event.n, event.session, event.kind, event.direction, event.text, event.at, event.mono, event.boot];
    event.mac = hex(await crypto.subtle.sign("HMAC", state.secret, text.encode(words.join("\n"))));
    const won = await within("readwrite", async (store, queue) => {
      const fresh = await done(store.get(number));
      if (fresh.n !== state.n) return false;
      queue.add(event);
      store.put({ ...fresh, n: event.n, mac: event.mac });
      return true;
    });
    if (won) return event;
  }
}

/** Send what was not sent, oldest first. Resolves to "" when all is sent, else to why not: "line", "stopped", "refused". */
export async function send() {
  if (navigator.locks) return navigator.locks.request(NAME, { ifAvailable: true }, (lock) => (lock ? sendAll() : ""));
  return sendAll();
}

async function sendAll() {
  const waiting = (await events()).filter((event) => !event.sent);
  let trouble = "";
  for (const device of await devices()) {
    const own = waiting.filter((event) => event.device === device.device);
    for (let first = 0; first < own.length; first += BATCH) {
      const found = await sendBatch(device, own.slice(first, first + BATCH));
      if (found === "line") return found;
      if (found) trouble = found;
      if (found === "refused") break;
    }
  }
  return trouble;
}

async function sendBatch(device, batch) {
  const rows = batch.map(({ n, session, kind, direction, text: words, at, mono, boot: run, prior, mac }) => {
    return { n, session, kind, direction, text: words, at, mono, boot: run, prior, mac };
  });
  let answer;
  try {
    const body = JSON.stringify({ key: device.key, ...clocks(), events: rows });
    const response = await fetch(SEND, { method: "POST", body, headers: { "Content-Type": "application/json" } });
    if (response.status >= 500) return "line";
    if (!response.ok) return "refused";
    answer = await response.json();
  } catch {
    return "line";
  }
  const known = new Map(answer.events.map((row) => [`${row.n} ${row.mac}`, row]));
  await within("readwrite", (_store, queue) => {
    for (const event of batch) {
      const row = known.get(`${event.n} ${event.mac}`);
      if (row) queue.put({ ...event, sent: { kind: row.kind, who: row.who, text: row.text } });
    }
  });
  return answer.stopped ? "stopped" : "";
}

/** Take everything of a page out of this browser. */
export async function forget(page) {
  const gone = new Set((await devices()).filter((row) => row.page === page).map((row) => row.device));
  const rows = (await events()).filter((row) => gone.has(row.device));
  await within("readwrite", (store, queue) => {
    for (const number of gone) store.delete(number);
    for (const row of rows) queue.delete([row.device, row.n]);
  });
}
