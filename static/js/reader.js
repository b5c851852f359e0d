// A book on our page: the clock beside it, a PDF drawn page by page, an EPUB chapter by chapter in a frame without scripts.
// Loaded before player.js, which takes the clock for its film.

import { StudyClock } from "./clock.js";

const IDLE = 240_000; // so long without a touch, a key or a turn of the page: nobody reads
const SIGNS = ["pointerdown", "keydown", "wheel", "scroll", "touchmove"];

class Reader {
  constructor(root) {
    this.root = root;
    root.clock = this.clock = new StudyClock(Number(root.dataset.duration));
    this.begin = root.querySelector("[data-begin]");
    this.begin?.addEventListener("click", () => this.clock.play());
    this.clock.addEventListener("playing", () => this.go());
    root.addEventListener("beat-answered", (event) => this.told(event.detail));
    for (const name of SIGNS) document.addEventListener(name, () => this.sign(), { passive: true, capture: true });
    setInterval(() => this.watch(), 5_000);
    if (root.querySelector("[data-stage]")) this.pages = new Pages(this);
  }

  // The person does something: a clock that waited for it goes on.
  sign() {
    this.seen = performance.now();
    if (this.idle) { this.idle = false; this.clock.play(); }
  }

  go() {
    this.sign();
    if (this.full) this.wait(); else this.say("reading");
  }

  // A page earns no more than it is worth: where that is used up the clock goes back to what was credited and waits to be turned.
  told(answer) {
    if (!this.pages || typeof answer.page !== "number" || (answer.place ?? this.clock.place) !== this.clock.place) return;
    const fresh = !this.full;
    this.full = answer.page === 0 && !this.clock.ended;
    if (this.full) this.wait();
    if (this.full && fresh) this.clock.currentTime = answer.position / 1000;
  }

  wait() {
    this.clock.pause();
    this.say("full");
  }

  // What was read so far belongs to the page before; a clock that waited for this goes on.
  turned(place) {
    this.root.player?.mark(false);
    this.clock.place = place;
    if (!this.full) return;
    this.full = false;
    this.clock.play();
  }

  watch() {
    if (this.clock.paused || performance.now() - this.seen < IDLE) return;
    if (document.activeElement instanceof HTMLIFrameElement) return; // what is done inside a chapter is not told
    this.idle = true;
    this.clock.pause();
    this.say("idle");
  }

  say(name) {
    const status = this.root.querySelector("[data-status]");
    if (status) status.textContent = this.root.dataset[name];
    if (this.begin) this.begin.hidden = name === "reading";
  }

  // Where the reader is, for the next time; a lost bookmark is no harm.
  keep(place) {
    for (const field of document.querySelectorAll("[data-note-place]")) field.value = place;
    if (!this.root.dataset.keep) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const headers = { "X-CSRFToken": this.root.player.csrf() };
      fetch(this.root.dataset.keep, { method: "POST", headers, body: new URLSearchParams({ place }), keepalive: true }).catch(() => {});
    }, 1_000);
  }
}

class Pages {
  constructor(reader) {
    const root = this.root = reader.root;
    this.reader = reader;
    this.stage = root.querySelector("[data-stage]");
    this.at = root.querySelector("[data-at]");
    this.place = Number(root.dataset.place) || 1;
    root.querySelector("[data-back]").addEventListener("click", () => this.turn(this.place - 1));
    root.querySelector("[data-on]").addEventListener("click", () => this.turn(this.place + 1));
    root.querySelector("[data-large]").addEventListener("click", () => this.stage.requestFullscreen());
    const zoom = root.querySelector("[data-zoom]");
    zoom?.addEventListener("click", () => this.zoom(zoom));
    // The print of a sheet of A4 on a phone is too small for who chose large letters.
    if (zoom && window.matchMedia("(max-width: 700px)").matches && document.documentElement.classList.contains("elder")) this.zoom(zoom);
    this.at.addEventListener("change", () => this.turn(Number(this.at.value)));
    this.chapters = [...root.querySelectorAll("[data-chapter]")];
    this.chapters.forEach((key, index) => key.addEventListener("click", () => this.turn(index + 1)));
    this.stage.addEventListener("keydown", (event) => this.key(event));
    this.load();
  }

  async load() {
    if (this.root.dataset.chapters) {
      this.count = this.chapters.length;
    } else {
      const pdf = await import(this.root.dataset.pdfjs);
      pdf.GlobalWorkerOptions.workerSrc = this.root.dataset.worker;
      const cMapUrl = this.root.dataset.cmaps.replace(/LICENSE[^/]*$/, "cmaps/");
      this.pdf = await pdf.getDocument({ url: this.root.dataset.pdf, cMapUrl, cMapPacked: true, isEvalSupported: false }).promise;
      this.count = this.pdf.numPages;
      this.root.querySelector("[data-pages]").textContent = this.count;
    }
    this.at.max = this.count;
    await this.turn(this.place, true);
  }

  key(event) {
    const step = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.turn(this.place + step);
  }

  // Twice as wide as the page, to be pushed about by a finger.
  zoom(key) {
    const large = key.getAttribute("aria-pressed") !== "true";
    key.setAttribute("aria-pressed", large);
    this.stage.toggleAttribute("data-zoomed", large);
  }

  async turn(place, first = false) {
    const next = Math.min(Math.max(1, place || 1), this.count);
    if (next === this.place && !first) { this.at.value = next; return; }
    this.place = next;
    this.at.value = next;
    this.reader.turned(next);
    if (this.pdf) await this.draw(next); else this.open(next);
    this.stage.scrollTop = 0;
    if (!first) { this.reader.keep(next); this.stage.scrollIntoView({ block: "nearest" }); }
  }

  async draw(number) {
    const page = await this.pdf.getPage(number);
    const width = this.stage.clientWidth || 360;
    const scale = (width / page.getViewport({ scale: 1 }).width) * 2; // sharp on a phone, and when it is made larger
    const viewport = page.getViewport({ scale });
    const canvas = document.createElement("canvas");
    canvas.width = viewport.width;
    canvas.height = viewport.height;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", (await page.getTextContent()).items.map((item) => item.str).join(""));
    await page.render({ canvasContext: canvas.getContext("2d"), canvas, viewport }).promise;
    if (number === this.place) this.stage.replaceChildren(canvas);
  }

  open(number) {
    const key = this.chapters[number - 1];
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "");
    frame.referrerPolicy = "no-referrer";
    frame.title = key.textContent;
    frame.src = this.root.dataset.chapters + key.dataset.chapter;
    this.stage.replaceChildren(frame);
    for (const one of this.chapters) one.toggleAttribute("aria-current", one === key);
  }
}

for (const root of document.querySelectorAll("[data-reader]")) new Reader(root);
