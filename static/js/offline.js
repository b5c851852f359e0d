/* Check-in without a line: the prepared page. The queue is in offline-queue.js, the page itself is kept by offline-worker.js.

   data-offline         the page; its words are its data-… attributes
   data-prepare         the key that prepares it; data-when-ready, data-when-bare: shown after and before
   data-unsent          how many events are not sent; data-send sends them; data-trouble: why they are not
   data-places          radio buttons of the sessions (data-starts, data-ends); data-ways: in or out
   data-typed           a code typed; data-people: a person tapped, found by data-find
   data-latest          the latest events; data-forget (a form) takes all of it out of the browser */

import { hasCamera, once, watch } from "./camera.js";
import * as queue from "./offline-queue.js";

const root = document.querySelector("[data-offline]");
const words = root.dataset;
const page = window.location.pathname;
const find = (name) => root.querySelector(`[data-${name}]`);
const EVERY = 30_000; // ms between two tries to send
const EARLY = 3_600_000; // ms: as in rules.OPENS
const LATE = 1_800_000; // as in rules.LINGERS
const SHOWN = 40;
const LATEST = 10;

let device = null; // the latest preparation of this page
let known = []; // all events of this page

const clock = new Intl.DateTimeFormat("zh-CN", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: words.zone });
const hour = (at) => clock.format(at);
const put = (words_, values) => words_.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
const chosen = (name) => root.querySelector(`input[name=${name}]:checked`).value;

function made(tag, className, content) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...[content].flat());
  return element;
}

/* -- who it is --------------------------------------------------------------------------- */

/** The number in what was scanned, typed or tapped: a card says M.number.signature. */
function numberIn(said) {
  const parts = said.trim().toUpperCase().split(".");
  return parts.length > 2 && parts[0] === "M" ? parts.slice(1, -1).join(".") : parts.join(".");
}

const personOf = (said) => device.roster.find((row) => row.code.toUpperCase() === numberIn(said));

function matches(row, typed) {
  return row.name.toLowerCase().includes(typed) || row.letters.split(" ").some((word) => word.startsWith(typed));
}

/* -- what is shown ------------------------------------------------------------------------ */

function showCounter() {
  const left = known.filter((event) => !event.sent).length;
  find("unsent").textContent = left ? put(words.left, { n: left }) : known.length ? words.all : words.none;
  find("standing").dataset.left = left ? "some" : "";
  find("send").hidden = !left;
  find("forget").querySelector("button").disabled = left > 0;
}

function showPeople() {
  const typed = find("find").value.trim().toLowerCase();
  const rows = device.roster.filter((row) => matches(row, typed));
  const [session, direction] = [Number(chosen("place")), chosen("way")];
  const seen = new Map();
  for (const event of known) {
    if (event.session === session && event.direction === direction) seen.set(numberIn(event.text), event.at);
  }
  const list = find("people");
  list.replaceChildren(
    ...rows.slice(0, SHOWN).map((row) => {
      const note = [row.unit, row.tail && put(words.tail, { n: row.tail })].filter(Boolean).join(" · ");
      const who = made("span", "offline-who", [made("strong", "", row.name), made("span", "muted small", note)]);
      const at = seen.get(row.code.toUpperCase());
      const mark = made("span", at ? "offline-done" : "offline-do", at ? `✓ ${hour(at)}` : words[direction]);
      const key = made("button", "offline-person", [who, mark]);
      key.type = "button";
      key.dataset.code = row.code;
      return made("li", "", key);
    }),
  );
  find("more").hidden = rows.length <= SHOWN;
  find("nobody").hidden = rows.length > 0;
}

function showLatest() {
  const rows = [...known].sort((one, other) => other.at - one.at).slice(0, LATEST);
  find("latest").replaceChildren(
    ...rows.map((event) => {
      const who = personOf(event.text)?.name ?? event.sent?.who ?? "";
      const text = event.sent ? event.sent.text : words.unsentOne;
      const note = `${words[event.direction]} ${hour(event.at)} · ${text}`;
      const kind = event.sent ? event.sent.kind : "queued";
      return made("li", `scan-${kind}`, [made("span", "", who || event.text.slice(0, 20)), " ", made("span", "muted small", note)]);
    }),
  );
}

async function show() {
  const all = (await queue.devices()).filter((row) => row.page === page);
  device = all.sort((one, other) => other.prepared - one.prepared)[0] ?? null;
  const own = new Set(all.map((row) => row.device));
  known = (await queue.events()).filter((event) => own.has(event.device));
  for (const element of root.querySelectorAll("[data-when-bare]")) element.hidden = Boolean(device);
  for (const element of root.querySelectorAll("[data-when-ready]")) element.hidden = !device;
  if (!device) return;
  find("prepared").textContent = put(words.prepared, { n: device.roster.length, time: hour(device.prepared) });
  showCounter();
  showPeople();
  showLatest();
}

function say(kind, who, text) {
  const lines = [who && made("p", "scan-who", who), made("p", "scan-text", text)].filter(Boolean);
  find("answer").replaceChildren(made("div", `scan-reply scan-${kind}`, lines));
}

/* -- what is done ------------------------------------------------------------------------- */

async function record(kind, said) {
  const text = said.trim().slice(0, 80);
  if (!text) return;
  const [session, direction] = [Number(chosen("place")), chosen("way")];
  const person = personOf(text);
  try {
    const event = await queue.add(device.device, { session, kind, direction, text });
    navigator.vibrate?.(60);
    say(person ? "good" : "wait", person?.name ?? "", put(person ? words.kept : words.keptUnknown, { time: hour(event.at) }));
  } catch {
    say("bad", person?.name ?? "", words.notKept);
  }
  await show();
  send();
}

async function send() {
  const trouble = await queue.send().catch(() => "line");
  const element = find("trouble");
  element.textContent = { line: words.noLine, stopped: words.stopped, refused: words.refusedBatch }[trouble] ?? "";
  element.hidden = !trouble;
  await show();
}

/** The page as the server gives it now: who is not signed in any more gets another one. */
async function freshToken() {
  const response = await fetch(page, { cache: "no-store" });
  if (response.redirected || !response.ok) throw new Error(words.signIn);
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  return JSON.parse(fresh.body.getAttribute("hx-headers"))["X-CSRFToken"];
}

/** Resolves when the worker keeps the page. */
async function keptByWorker() {
  const registration = await navigator.serviceWorker.register(`${page}worker.js`, { scope: page, updateViaCache: "none" });
  const coming = registration.installing;
  if (!coming || registration.active) return;
  await new Promise((resolve, reject) => {
    coming.addEventListener("statechange", () => {
      if (coming.state === "activated") resolve();
      if (coming.state === "redundant") reject(new Error(words.failed));
    });
  });
}

async function prepare(event) {
  const key = event.currentTarget;
  key.disabled = true;
  try {
    const token = await freshToken();
    await keptByWorker();
    await navigator.storage?.persist?.();
    const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
    const response = await fetch(page, { method: "POST", headers, body: JSON.stringify(queue.clocks()) });
    const found = await response.json();
    if (!response.ok) throw new Error(found.text);
    await queue.prepare(page, found);
    say("good", "", words.ready);
  } catch (error) {
    say("bad", "", error instanceof TypeError ? words.noLine : error.message || words.failed);
  }
  key.disabled = false;
  await show();
}

async function forget(event) {
  event.preventDefault();
  await queue.forget(page);
  const registration = await navigator.serviceWorker.getRegistration(page);
  await registration?.unregister();
  await caches.delete(`page ${window.location.origin}${page}`);
  find("answer").replaceChildren();
  await show();
}

function choosePlace() {
  const places = [...root.querySelectorAll("input[name=place]")];
  const now = Date.now();
  const on = places.find((one) => now >= one.dataset.starts - EARLY && now <= Number(one.dataset.ends) + LATE);
  (on ?? places.find((one) => one.dataset.starts > now) ?? places[0]).checked = true;
}

async function startCamera() {
  const camera = once((text) => record("card", text));
  try {
    await watch(find("video"), words.script, camera.read);
    find("camera").hidden = false;
    find("camera-key").hidden = true;
  } catch {
    say("bad", "", words.refused);
  }
}

function begin() {
  choosePlace();
  find("camera-key").hidden = !hasCamera();
  find("start").addEventListener("click", startCamera);
  for (const key of root.querySelectorAll("[data-prepare]")) key.addEventListener("click", prepare);
  find("send").addEventListener("click", send);
  find("forget").addEventListener("submit", forget);
  find("find").addEventListener("input", showPeople);
  root.addEventListener("change", (event) => {
    if (event.target.matches("input[type=radio]")) showPeople();
  });
  find("typed").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = event.target.elements.code;
    record("code", field.value);
    field.value = "";
  });
  find("people").addEventListener("click", (event) => {
    const key = event.target.closest("[data-code]");
    if (key) record("tap", key.dataset.code);
  });
  window.addEventListener("online", send);
  window.setInterval(send, EVERY);
  show().then(send);
}

if (queue.supported()) begin();
else find("unsupported").hidden = false;
