// Runs first in every page of a SCORM package. On the host of packages its pages have that host's origin: the outermost holds the
// run-time, frames inside it reach it as they reach each other, and a stand-in takes the place of our page, which none may touch.
// On the site's own host its pages have no origin and do not even reach each other: each has the run-time in its own window and in
// a stand-in for its parent, and frames inside the package pass on to the outermost what they are told.

(() => {
  const config = JSON.parse(document.currentScript.dataset.package);
  const real = { parent: window.parent };
  const MARK = "xiangxue-package";
  const RETRY = 5_000;
  const GATHER = 500;
  const LARGEST_LAST_WORD = 60_000; // bytes; a browser sends no more for a page that is gone
  const TOP = "xiangxueTop";
  const OURS = config.version === "2004" ? "API_1484_11" : "API";
  const NAMES = config.version === "2004"
    ? { begin: "Initialize", end: "Terminate", get: "GetValue", set: "SetValue", commit: "Commit", error: "GetLastError", text: "GetErrorString", detail: "GetDiagnostic" }
    : { begin: "LMSInitialize", end: "LMSFinish", get: "LMSGetValue", set: "LMSSetValue", commit: "LMSCommit", error: "LMSGetLastError", text: "LMSGetErrorString", detail: "LMSGetDiagnostic" };

  const define = (object, name, value) => {
    try { Object.defineProperty(object, name, { configurable: true, ...value }); } catch { /* the browser's own is good enough */ }
  };

  // The frame around this one, where it is the package's own and within reach; and what stands for the window at the top
  // (courses/package_top.py writes that name into their scripts).
  let near = null;
  try {
    for (let page = real.parent; page !== window && !near; page = page.parent) if (page.document && page[MARK]) near = page;
  } catch { /* ours, or one without an origin */ }
  if (near) { inside(); return; }

  function inside() {
    for (const name of [MARK, TOP, "localStorage", "sessionStorage"]) define(window, name, { get: () => near[name] });
    define(document, "cookie", { get: () => near.document.cookie, set: (text) => { near.document.cookie = text; } });
    define(window, OURS, { value: near[MARK].facade, writable: true });
    const frame = window.frameElement;
    define(window, "open", { value: (url, name) => near[MARK].open(url, name, window), writable: true });
    near[MARK].watch(window);
    if (!near[MARK].openers.has(frame)) return;
    define(window, "opener", { value: near[MARK].openers.get(frame), writable: true });
    define(window, "close", { value: () => near[MARK].close(frame), writable: true });
  }

  // -- what a page without an origin lacks, for as long as it is open ---------------------

  const jar = new Map();
  define(document, "cookie", {
    get: () => [...jar].map(([name, value]) => `${name}=${value}`).join("; "),
    set: (text) => {
      const [pair, ...rules] = String(text).split(";");
      const at = pair.indexOf("=");
      const name = pair.slice(0, at).trim();
      const gone = rules.some((rule) => /^\s*(max-age\s*=\s*(0|-)|expires\s*=.*\b(19\d\d|200\d)\b)/i.test(rule));
      if (gone) jar.delete(name); else jar.set(name, pair.slice(at + 1).trim());
    },
  });

  class Shelf {
    #kept = new Map();
    get length() { return this.#kept.size; }
    key(index) { return [...this.#kept.keys()][index] ?? null; }
    getItem(key) { return this.#kept.get(String(key)) ?? null; }
    setItem(key, value) { this.#kept.set(String(key), String(value)); }
    removeItem(key) { this.#kept.delete(String(key)); }
    clear() { this.#kept.clear(); }
  }
  for (const name of ["localStorage", "sessionStorage"]) define(window, name, { value: new Shelf() });

  // -- which frame this is ------------------------------------------------------------------

  const outermost = window.name.startsWith(MARK);
  // From one page of a part to its next the run goes on: the frame's name is what the browser carries over.
  const carried = outermost ? told(window.name.slice(MARK.length)) : null;

  function told(text) {
    try { return JSON.parse(text); } catch { return null; }
  }

  // -- the run-time ---------------------------------------------------------------------------

  // What a part starts with: what it saved last, and what manifest and roster say of it.
  function startingState() {
    const cmi = structuredClone(carried ? carried.cmi : config.cmi);
    const resumes = Object.keys(cmi).length > 0;
    const part = config.version === "2004" ? cmi : (cmi.core ??= {});
    if (!carried) {
      const left = part.exit === "suspend" || part.exit === "logout" || !config.ended;
      part.entry = resumes ? (left ? "resume" : "") : "ab-initio";
      delete part.session_time;
    }
    delete part.exit;
    part.credit = "credit";
    if (config.launchData) cmi.launch_data = config.launchData;
    if (config.version === "2004") {
      Object.assign(cmi, { learner_id: config.learner.id, learner_name: config.learner.name });
      if (config.passingScore) cmi.scaled_passing_score = config.passingScore;
    } else {
      Object.assign(part, { student_id: config.learner.id, student_name: config.learner.name });
      if (config.masteryScore) (cmi.student_data ??= {}).mastery_score = config.masteryScore;
    }
    return cmi;
  }

  function runtime(cmi, running) {
    const Made = config.version === "2004" ? window.Scorm2004API : window.Scorm12API;
    const made = new Made({ autocommit: false, logLevel: 5, mastery_override: true });
    made.loadFromJSON(cmi, "cmi");
    if (running) made[NAMES.begin]("");
    return made;
  }

  const start = startingState();
  let running = Boolean(carried?.running);
  let ended = Boolean(carried?.ended);
  let touched = false;
  let api = runtime(start, running);
  let number = Math.max(config.number, carried?.number ?? 0);
  let request = "";

  const guests = new Set(); // frames without an origin inside this one
  const pages = () => Array.from({ length: window.length }, (_one, index) => window[index]).filter((one) => guests.has(one));
  const tell = (frame, message) => frame.postMessage({ [MARK]: message }, "*");

  // A part that begins and ends and says nothing of itself is complete (SCORM 1.2 RTE 3.4.4, 2004 SN 4.2.1.4).
  function completeTheSilent() {
    const [element, unsaid] = config.version === "2004" ? ["cmi.completion_status", "unknown"] : ["cmi.core.lesson_status", "not attempted"];
    const cmi = snapshot(false);
    const exit = config.version === "2004" ? cmi.exit : cmi.core.exit;
    if (running && exit !== "suspend" && api[NAMES.get](element) === unsaid) api[NAMES.set](element, "completed");
  }

  function call(name, args) {
    if (name === NAMES.end) completeTheSilent();
    const result = api[name](...args);
    touched = true;
    if (name === NAMES.begin && result === "true") [running, ended] = [true, false];
    if (name === NAMES.end && result === "true") [running, ended] = [false, true];
    if (name === NAMES.set && args[0] === "adl.nav.request") request = String(args[1]);
    return result;
  }

  const changes = [NAMES.begin, NAMES.set, NAMES.commit, NAMES.end];

  // As the package calls it: here, then in the frames around or inside this one, then on the server.
  function called(name, args) {
    const result = call(name, args);
    if (!changes.includes(name)) return result;
    if (outermost) {
      for (const frame of pages()) tell(frame, { call: name, args });
      if (result === "true") changed(name); // what the run-time has refused changes nothing
    } else {
      tell(real.parent, { up: name, args });
    }
    return result;
  }

  const facade = {};
  for (const name of Object.values(NAMES)) facade[name] = (...args) => called(name, args.map((one) => String(one ?? "")));
  define(window, OURS, { value: facade, writable: true });

  // -- keeping ----------------------------------------------------------------------------------

  const snapshot = (total) => JSON.parse(JSON.stringify(api.renderCommitCMI(total))).cmi;
  let timer = 0;
  let dirty = false;

  function carry() {
    const cmi = snapshot(false);
    const part = config.version === "2004" ? cmi : cmi.core;
    const before = config.version === "2004" ? start : start.core;
    if (before.total_time) part.total_time = before.total_time;
    window.name = MARK + JSON.stringify({ running, ended, number, cmi });
  }

  function changed(name) {
    dirty = true;
    carry();
    if (name === NAMES.commit || name === NAMES.end) save();
    else if (!timer) timer = setTimeout(save, GATHER);
    if (name === NAMES.end) report(true);
  }

  let leaving = false;
  let failed = false;
  window.addEventListener("pagehide", () => { leaving = true; if (sending) tell(real.parent, { keep: sending }); });
  window.addEventListener("pageshow", () => { leaving = false; });
  let sending = ""; // what is too long to be sent by a page that goes

  async function save() {
    clearTimeout(timer);
    timer = 0;
    if (!config.launch || !dirty) return;
    dirty = false;
    number += 1;
    carry();
    const body = JSON.stringify({ launch: config.launch, number, cmi: snapshot(true), ended });
    const small = new TextEncoder().encode(body).length < LARGEST_LAST_WORD;
    if (!small && leaving) { tell(real.parent, { keep: body }); return; }
    if (!small) sending = body;
    try {
      const answer = await fetch(config.root, { method: "POST", body, keepalive: small });
      if (answer.status >= 500) throw new Error(String(answer.status));
      if (!answer.ok) tell(real.parent, { unkept: answer.status });
      else if (failed) tell(real.parent, { kept: true });
      failed = !answer.ok;
      report(false);
    } catch {
      if (!failed) tell(real.parent, { unkept: 0 });
      dirty = failed = true;
      timer ||= setTimeout(save, RETRY);
    }
    if (sending === body) sending = "";
  }

  // Our page shows what the part says of itself; it believes none of it.
  function report(ended) {
    const cmi = snapshot(false);
    const status = config.version === "2004" ? [cmi.completion_status, cmi.success_status] : [cmi.core.lesson_status];
    const score = config.version === "2004" ? cmi.score : cmi.core.score;
    tell(real.parent, { report: true, status, score: score.raw, ended, request });
    if (ended) request = "";
  }

  // -- frames inside the package ------------------------------------------------------------------

  // What of this window the frames inside it may call and read: its own functions and plain values.
  const native = new Set(Object.getOwnPropertyNames(window));
  function names() {
    const functions = [];
    const values = {};
    for (const name of Object.getOwnPropertyNames(window)) {
      if (native.has(name) || name === OURS) continue;
      const value = window[name];
      if (typeof value === "function") functions.push(name);
      else if (["string", "number", "boolean"].includes(typeof value)) values[name] = value;
    }
    return { functions, values };
  }

  let above = { functions: [], values: {} };
  window.addEventListener("message", (event) => {
    const message = event.data?.[MARK];
    if (!message) return;
    event.stopImmediatePropagation();
    if (event.source === real.parent) heard(message);
    else answered(message, event.source);
  });

  // From the frame around this one.
  function heard(message) {
    if (message.names) above = message.names;
    if (message.cmi && !touched) {
      running = message.running;
      api = runtime(message.cmi, running);
    }
    if (message.call) {
      call(message.call, message.args);
      for (const frame of pages()) tell(frame, message);
    }
  }

  // From a frame inside this one.
  function answered(message, frame) {
    if (message.close) for (const [one, opened] of overlays) if (one.contentWindow === frame) opened.close();
    if (message.hello) guests.add(frame);
    if (message.hello) tell(frame, { names: names(), running, cmi: snapshot(false) });
    if (message.up && changes.includes(message.up)) called(message.up, message.args);
    if (message.invoke && typeof window[message.invoke] === "function") window[message.invoke](...message.args);
    if (message.assign) window[message.assign] = message.value;
    if (message.top) go(message.top);
    if (message.invoke || message.assign) for (const one of pages()) tell(one, { names: names() });
  }

  // -- windows of its own ------------------------------------------------------------------------------

  // A sandbox opens no windows: what a part would open lies over it, in a frame that it can close. A name that is a frame's, or
  // that was opened before, means that one.
  function open(url, name, from = window) {
    const address = url ? new URL(url, from.document.baseURI).href : "about:blank";
    if (name === "_self" || name === "_top" || name === "_parent") return go(address);
    const there = name ? named(name, from) ?? [...overlays.keys()].find((one) => one.name === name) : null;
    if (!there) return url || from !== window ? openOver(address, name, from) : null;
    if (url) there.src = address;
    return overlays.get(there) ?? there.contentWindow;
  }

  function named(name, from) {
    const find = (page) => [...page.document.querySelectorAll("frame[name], iframe[name]")].find((one) => one.name === name);
    return find(from) ?? find(window);
  }

  function openOver(address, name, from) {
    const layer = document.createElement("div");
    const frame = document.createElement("iframe");
    const key = document.createElement("button");
    Object.assign(layer.style, { position: "fixed", inset: "0", zIndex: "2147483647", background: "#fff" });
    Object.assign(frame.style, { width: "100%", height: "100%", border: "0" });
    Object.assign(key.style, { position: "absolute", top: "8px", right: "8px", padding: "8px 16px", fontSize: "16px" });
    key.textContent = "×";
    frame.name = name && !name.startsWith("_") ? name : "";
    frame.src = address;
    layer.append(frame, key);
    openers.set(frame, from);
    document.documentElement.append(layer); // a frameset has no body
    let closed = false;
    // A window without an origin is out of reach: a stand-in has what may be asked of it.
    const stand = { get closed() { return closed; }, focus() {}, close() { layer.remove(); overlays.delete(frame); closed = true; }, location: { set href(next) { frame.src = next; } } };
    const opened = window.origin === "null" ? stand : frame.contentWindow;
    key.addEventListener("click", stand.close);
    overlays.set(frame, opened);
    closers.set(frame, stand.close);
    return opened;
  }

  function go(address) {
    if (String(address) !== window.location.href) window.location.href = address;
    return window;
  }

  const overlays = new Map();
  const openers = new Map();
  const closers = new Map();
  const stands = new WeakMap();
  define(window, "open", { value: (url, name) => open(url, name), writable: true });

  // Links that would open a window, or replace our page.
  function watch(page) {
    page.document.addEventListener("click", (event) => {
      const link = event.target.closest?.("a[href][target]");
      if (!link || event.defaultPrevented || ["", "_self"].includes(link.target)) return;
      if (link.target === "_parent" && page !== window) return;
      if (page[link.target]) return; // a frame below; one beside it a sandboxed page may not send anywhere, we may
      event.preventDefault();
      if (link.target === "_top" && page === window && !outermost) tell(real.parent, { top: link.href });
      else open(link.href, link.target, page);
    });
    besides(page);
  }

  // A sandboxed frame may send elsewhere what lies below it, not the frame beside it (`parent.content.location = …`). This page is
  // around all of them and may: a page's named frames are found as stand-ins, the windows themselves but for where they go.
  function besides(page) {
    const find = (name) => page.document.querySelector(`:is(frame, iframe)[name="${CSS.escape(name)}"]`);
    const name = () => {
      for (const { name } of page.document.querySelectorAll(":is(frame, iframe)[name]")) {
        if (!name || Object.hasOwn(page, name)) continue; // the page's own word for something else
        define(page, name, {
          get: () => { const frame = find(name); return frame ? standing(frame.contentWindow) : undefined; },
          set: (value) => define(page, name, { value, writable: true, enumerable: true }),
        });
      }
    };
    new MutationObserver(name).observe(page.document, { childList: true, subtree: true, attributes: true, attributeFilter: ["name"] });
    name();
  }

  function standing(page) {
    if (!stands.has(page)) {
      const stand = new Proxy(page, {
        get(_page, name) {
          if (name === "location") return placeOf(page);
          if (["self", "window", "frames"].includes(name)) return stand;
          const value = page[name];
          return typeof value === "function" && native.has(name) && !/^[A-Z]/.test(name) ? value.bind(page) : value;
        },
        set(_page, name, value) {
          page[name] = value;
          return true;
        },
      });
      stands.set(page, stand);
    }
    return stands.get(page);
  }

  // Addresses are read from where the page stands that calls, as ever.
  function placeOf(page) {
    return new Proxy({}, {
      get(_place, name) {
        const value = page.location[name];
        return typeof value === "function" ? (...args) => page.location[name](...args) : value;
      },
      set(_place, name, value) {
        page.location[name] = value;
        return true;
      },
    });
  }
  watch(window);

  // The window at the top, as far as the package goes: this one, but for the run-time, which our page has.
  const atTop = new Proxy({}, {
    get(_object, name) {
      if (name === OURS) return facade;
      if (["parent", "top", "self", "window", TOP].includes(name)) return atTop;
      const value = window[name];
      return typeof value === "function" && native.has(name) && !/^[A-Z]/.test(name) ? value.bind(window) : value;
    },
    set(_object, name, value) {
      if (name === "location") go(value); else window[name] = value;
      return true;
    },
  });
  define(window, TOP, { value: atTop });
  define(window, MARK, { value: { facade, open, watch, openers, close: (frame) => closers.get(frame)?.() } });

  let reached = false;
  try { reached = Boolean(real.parent.document); } catch { /* the rule */ }
  if (reached) return;

  // Content looks for the API in its parent, and frames of a part call each other through it. The real one is out of reach.
  const own = { [OURS]: facade, closed: false, opener: null, postMessage: (...args) => real.parent.postMessage(...args) };
  const standIn = new Proxy(own, {
    get(object, name) {
      if (["parent", "top", "self", "window", "frames", TOP].includes(name)) return standIn;
      if (name in object) return object[name];
      if (outermost) return undefined;
      if (above.functions.includes(name)) return (...args) => { tell(real.parent, { invoke: name, args }); };
      return above.values[name];
    },
    set(object, name, value) {
      object[name] = value;
      if (!outermost) tell(real.parent, { assign: name, value });
      return true;
    },
  });
  define(window, "parent", { get: () => standIn });
  if (outermost) return;
  define(window, TOP, { value: standIn });
  define(window, "opener", { get: () => standIn });
  define(window, "close", { value: () => tell(real.parent, { close: true }), writable: true });
  tell(real.parent, { hello: true });
})();
