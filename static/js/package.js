// A lesson's package on our page: opens its parts in a frame of another origin or of none, runs the clock beside them and shows
// what they say of themselves. Loaded before player.js, which takes the clock for its film.

import { StudyClock } from "./clock.js";

const MARK = "xiangxue-package"; // as package-frame.js has it
const SANDBOX = "allow-scripts allow-forms allow-modals";
const SAYINGS = [["passed", "isPassed"], ["failed", "isFailed"], ["completed", "isCompleted"]];
const UNKEPT = { 409: "superseded", 413: "large" };
const LAST_WORD = 600; // milliseconds for a part that is closed to save

class Package {
  constructor(root) {
    this.root = root;
    this.stage = root.querySelector("[data-stage]");
    this.keys = [...root.querySelectorAll("[data-part]")];
    this.leave = root.querySelector("[data-leave]");
    this.large = root.querySelector("[data-large]");
    this.said = root.querySelector("[data-said]");
    this.saves = Boolean(root.dataset.start);
    root.clock = this.clock = new StudyClock(Number(root.dataset.duration));
    for (const key of this.keys) key.addEventListener("click", () => this.open(key));
    this.leave.addEventListener("click", () => this.close());
    this.large.addEventListener("click", () => this.stage.requestFullscreen());
    window.addEventListener("message", (event) => this.heard(event));
    document.addEventListener("click", (event) => this.away(event));
  }

  async open(key) {
    await this.close();
    this.say("opening");
    try {
      const src = this.saves ? await this.begun(key) : this.root.dataset.preview + key.dataset.href;
      this.show(src, key);
      this.say(this.saves ? "opened" : "guest");
    } catch {
      this.say("failed");
    }
  }

  // The server's clock runs before the part is opened: what it saves is kept only while the member studies.
  async begun(key) {
    const player = this.root.player;
    if (!player.token) {
      const ready = new Promise((told) => { this.root.addEventListener("beat-answered", told, { once: true }); });
      this.clock.play();
      await Promise.race([ready, new Promise((_done, failed) => { setTimeout(failed, 15_000); })]);
    } else {
      this.clock.play();
    }
    if (player.over) throw new Error("superseded");
    const answer = await fetch(key.dataset.part, { method: "POST", headers: { "X-CSRFToken": player.csrf() } });
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.json()).src;
  }

  show(src, key) {
    this.frame = document.createElement("iframe");
    this.frame.name = MARK;
    this.frame.title = key.dataset.title;
    // On our own host a package gets no origin: with ours it would be us.
    const apart = new URL(src, window.location.href).origin !== window.location.origin;
    this.frame.setAttribute("sandbox", apart ? `${SANDBOX} allow-same-origin` : SANDBOX);
    this.frame.allow = "autoplay; fullscreen";
    this.frame.referrerPolicy = "no-referrer";
    this.folder = new URL(src, window.location.href).pathname.split("/").slice(0, 3).join("/");
    this.frame.src = src;
    this.stage.replaceChildren(this.frame);
    this.current = key;
    this.root.dataset.open = "";
    for (const one of this.keys) one.toggleAttribute("aria-current", one === key);
    this.stage.scrollIntoView({ block: "nearest" });
    this.frame.focus();
  }

  // An empty page in the frame lets the part say good-bye and save, as long as ours is still there to wait for it.
  async close() {
    if (!this.frame) return;
    const frame = this.frame;
    this.frame = null;
    this.closing = frame;
    const gone = new Promise((done) => { frame.addEventListener("load", done, { once: true }); });
    frame.src = "about:blank";
    await Promise.race([gone, new Promise((done) => { setTimeout(done, LAST_WORD); })]);
    await new Promise((done) => { setTimeout(done, LAST_WORD / 4); });
    await this.keeping;
    frame.remove();
    this.closing = this.keeping = null;
    delete this.root.dataset.open;
    for (const one of this.keys) one.removeAttribute("aria-current");
    this.clock.pause();
    this.say("closed");
  }

  // Our own links wait for that too.
  async away(event) {
    const link = event.target.closest("a[href]");
    if (!this.frame || !link || link.target || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    await this.close();
    window.location.assign(link.href);
  }

  // What a part says of itself is shown, and believed by nobody.
  heard(event) {
    const message = event.data?.[MARK];
    const frame = this.frame ?? this.closing;
    // A page that goes has no window any more to be known by: its last word is known by where it may be sent.
    if (message?.keep && this.closing && event.source === null) this.keeping = this.keep(message.keep);
    if (!message || !frame || event.source !== frame.contentWindow) return;
    if (message.keep) this.keeping = this.keep(message.keep);
    if (message.unkept !== undefined) this.say(UNKEPT[message.unkept] ?? "unsaved");
    if (message.kept) this.say("opened");
    if (!this.frame || !message.report) return;
    const words = Array.isArray(message.status) ? message.status : [];
    const [, name] = SAYINGS.find(([word]) => words.includes(word)) ?? ["", "isBegun"];
    const mark = this.current.querySelector("[data-mark]");
    if (this.saves && mark) mark.textContent = this.root.dataset[name];
    if (message.ended) this.ended(String(message.request || ""));
  }

  // The last word of a part that is too long for a page that goes: ours sends it to the part's own folder.
  async keep(body) {
    if (!this.saves) return;
    const answer = await fetch(`${this.folder}/`, { method: "POST", body: String(body), credentials: "omit" });
    if (!answer.ok) this.say(UNKEPT[answer.status] ?? "unsaved");
  }

  // A part that has ended asks for the next one, for another, or for none.
  ended(request) {
    const at = this.keys.indexOf(this.current);
    const step = { continue: 1, previous: -1 }[request];
    const target = step ? this.keys[at + step] : this.keys.find((key) => request === `{target=${key.dataset.identifier}}choice`);
    if (target) this.open(target);
    else if (request && request !== "_none_") this.close();
    else if (this.keys[at + 1]) this.say("next");
  }

  say(name) {
    this.said.textContent = this.root.dataset[`say${name[0].toUpperCase()}${name.slice(1)}`] ?? "";
  }
}

for (const root of document.querySelectorAll("[data-package]")) new Package(root);
