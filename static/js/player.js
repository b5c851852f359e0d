// Tells the server what was played: a beat every ten seconds and at each pause. The server credits by its own clock; what is
// kept here only makes sure that a bad line loses nothing. What waits is in the browser's store too, under the member's own
// name, so that a page that is closed, reloaded or dies without a line loses nothing either: the next one hands it in.

const EVERY = 10_000;
const RETRY = 5_000;
const PATIENCE = 20_000; // a request that takes longer is asked again
const LATE = 60_000; // what has waited so long was played without a line that works
const JOINED = 60_000; // while the line is down, beats become one up to this length
const BEACON = 300; // beats that go along when the page is left
const KEPT_FOR = 72 * 3_600_000; // as long as a token is good for what comes late

// What waits, in the order in which it is to arrive.
class Waiting {
  constructor(owner) {
    this.prefix = `beats:${owner}:`;
    this.name = `${this.prefix}${Date.now()}-${Math.random().toString(36).slice(2)}`;
    try { this.list = this.found(); } catch { this.list = []; } // a browser that keeps nothing
    this.keep();
  }

  // What earlier pages of the same person left behind; what is older than a token goes, whoever's it is.
  found() {
    const left = [];
    for (const name of Object.keys(localStorage)) {
      if (!name.startsWith("beats:")) continue;
      const list = this.read(name).filter((one) => Date.now() - one.at < KEPT_FOR);
      if (name.startsWith(this.prefix)) left.push(...list.map((one) => ({ ...one, offline: true, tried: true })));
      if (name.startsWith(this.prefix) || !list.length) localStorage.removeItem(name);
    }
    return left.sort((one, other) => one.at - other.at);
  }

  read(name) {
    try { return JSON.parse(localStorage.getItem(name)) || []; } catch { return []; }
  }

  // A store that is full or shut (a private window) only means that the page must stay open.
  keep() {
    try {
      if (this.list.length) localStorage.setItem(this.name, JSON.stringify(this.list));
      else localStorage.removeItem(this.name);
    } catch { /* see above */ }
  }

  // Without a line what goes on where the last one stopped is joined to it, unless that one is on its way already.
  add(one) {
    const last = this.list.at(-1);
    const joins = last && one.offline && last.offline && !last.tried && last.token === one.token && !last.present && !one.present && last.place === one.place;
    if (joins && last.to === one.from && last.to > last.from && one.to - last.from <= JOINED) {
      Object.assign(last, { sequence: one.sequence, to: one.to, done: last.done || one.done });
    } else {
      this.list.push(one);
    }
    this.keep();
  }

  drop(token) {
    this.list = this.list.filter((one) => one.token !== token);
    this.keep();
  }

  shift() {
    this.list.shift();
    this.keep();
  }

  late() {
    for (const one of this.list) one.offline = true;
    this.keep();
  }
}

class Player {
  constructor(root) {
    this.root = root;
    this.video = root.clock || root.querySelector("video, audio");
    this.status = root.querySelector("[data-status]");
    this.progress = root.querySelector("[data-progress]");
    this.token = root.dataset.token || "";
    this.waiting = new Waiting(root.dataset.member || `screen-${this.session(this.token)}`);
    this.sequence = Number(root.dataset.sequence || 0);
    for (const one of this.waiting.list) if (one.token === this.token) this.sequence = Math.max(this.sequence, one.sequence || 0);
    this.base = this.progress?.value || 0;
    this.credited = 0;
    this.counted = 0; // milliseconds added to the queue since the page was opened
    this.from = null;
    this.allowed = 1; // how fast it may run and count: the rule's, told at the start
    this.sending = null;
    this.offline = false;
    this.over = false;
    this.video.addEventListener("play", () => this.begin());
    this.video.addEventListener("pause", () => this.mark(false));
    this.video.addEventListener("ended", () => this.mark(true));
    this.video.addEventListener("timeupdate", () => { if (!this.video.seeking) this.at = this.now(); });
    this.video.addEventListener("seeking", () => this.leap());
    this.video.addEventListener("seeked", () => this.resume());
    this.video.addEventListener("waiting", () => this.mark(false));
    this.video.addEventListener("playing", () => this.resume());
    this.video.addEventListener("ratechange", () => this.pace());
    window.addEventListener("pagehide", () => this.leave());
    window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
    window.addEventListener("online", () => this.flush());
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.hide(); });
    setInterval(() => this.mark(false), EVERY);
    setInterval(() => this.flush(), RETRY);
    this.flush();
    if (!this.video.paused) this.begin(); // pressed before this file had come over a slow line
  }

  get queue() { return this.waiting.list; }

  session(token) { return token.split(".")[0]; }

  say(name) {
    if (this.status && this.root.dataset[name]) this.status.textContent = this.root.dataset[name];
  }

  now() {
    return Math.max(0, Math.round(this.video.currentTime * 1000));
  }

  // -- what happens in the video ---------------------------------------------------

  async begin() {
    if (this.over) { this.video.pause(); return; }
    if (this.token || this.starting) return;
    this.starting = true;
    this.video.pause();
    try {
      await this.handOver();
      const headers = { "X-CSRFToken": this.csrf() };
      const answer = await fetch(this.root.dataset.start, { method: "POST", headers, signal: AbortSignal.timeout(PATIENCE) });
      if (!answer.ok) throw new Error(String(answer.status));
      const data = await answer.json();
      this.token = data.token;
      this.sequence = 0;
      this.standing(data.missing);
      this.allowed = data.speed / 100;
      this.root.dispatchEvent(new CustomEvent("beat-answered", { detail: data }));
      const position = this.now() < 1000 ? data.position : this.now();
      await this.root.film?.ready(position / 1000);
      if (position !== this.now()) this.video.currentTime = position / 1000;
      await this.video.play();
      this.resume();
    } catch {
      this.say("failed");
    } finally {
      this.starting = false;
    }
  }

  // What an earlier page left belongs before the new session: as long as it gets on, it goes first.
  async handOver() {
    for (let left = Infinity; this.queue.length && this.queue.length < left;) {
      left = this.queue.length;
      await this.flush();
    }
  }

  // The session is over although nobody plays elsewhere: the next one begins here, and the page says why.
  renew(name) {
    this.mark(false);
    this.token = "";
    this.from = null;
    this.say(name);
    if (!this.video.paused) this.begin();
  }

  // How far one is, as the server knows it now: the page was written before what was still on its way had arrived.
  standing(missing) {
    const needed = Number(this.root.dataset.needed || 0);
    if (!this.progress || !needed || missing === undefined) return;
    this.base = 100 - (Math.min(missing, needed) * 100) / needed;
    this.credited = 0;
    this.progress.value = this.base;
  }

  csrf() {
    return JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";
  }

  // Playing goes on from here: an empty beat tells the server that the pause before it earned nothing.
  resume() {
    if (!this.token || this.over || this.video.paused || this.from !== null || this.fast()) return;
    this.hid = false;
    this.from = this.now();
    if (this.queue.length === 0) this.add(this.from, this.from, false);
  }

  // The server counts by its own clock and the rule's speed: what runs faster than that is looked at again, not earned.
  fast() {
    return this.video.playbackRate > this.allowed;
  }

  // A room's screen has no such choice: everybody in it is credited by the same clock.
  pace() {
    if (!this.root.dataset.start && this.video.playbackRate !== 1) this.video.playbackRate = 1;
    if (this.fast()) {
      this.mark(false);
      this.from = null;
      this.say("fast");
    } else {
      this.resume();
    }
  }

  // The position has already moved when a leap is told: what was played up to it is sent as it was last seen.
  leap() {
    if (this.from !== null && this.at > this.from) this.add(this.from, this.at, false);
    this.from = null;
  }

  mark(done) {
    if (!this.token || this.over || this.from === null) return;
    const to = this.now();
    if (to > this.from || done) this.add(this.from, Math.max(to, this.from), done);
    this.from = this.video.paused || this.video.ended ? null : to;
  }

  // Nobody looks at a page in the background: the film waits. Sound alone may go on with the screen dark.
  hide() {
    this.mark(false);
    if (this.video.tagName !== "VIDEO" || this.root.dataset.audio === "on" || this.video.paused) return;
    this.video.pause();
    this.hid = true; // said until it goes on
    this.say("hidden");
  }

  add(from, to, done) {
    this.sequence += 1;
    this.counted += to - from;
    this.waiting.add({ token: this.token, sequence: this.sequence, from, to, done, place: this.video.place, offline: this.offline, at: Date.now() });
    this.flush();
  }

  // The person says that he is there; it goes after what was played before it, and waits like a beat when the line is down.
  async press() {
    this.mark(false);
    const one = { token: this.token, present: true, offline: this.offline, at: Date.now() };
    this.waiting.add(one);
    await Promise.race([this.flush(), new Promise((done) => { setTimeout(done, RETRY); })]);
    return !this.queue.includes(one);
  }

  pressed() {
    return this.queue.some((one) => one.present && one.token === this.token);
  }

  // Milliseconds of this session that were played and that the server does not know of yet.
  unsent() {
    const own = this.queue.filter((one) => one.token === this.token && !one.present);
    return own.reduce((sum, beat) => sum + beat.to - beat.from, 0) + this.running();
  }

  running() {
    return this.from === null ? 0 : Math.max(0, this.now() - this.from);
  }

  // -- what is sent ------------------------------------------------------------------

  // One line at a time; whoever calls meanwhile waits for the one that runs.
  flush() {
    if (this.over && !this.queue.length) return Promise.resolve();
    this.sending ??= this.drain().finally(() => { this.sending = null; });
    return this.sending;
  }

  async drain() {
    try {
      while (this.queue.length) {
        const one = this.queue[0];
        if (Date.now() - one.at > LATE) one.offline = true;
        one.tried = true;
        const told = await this.send(one);
        if (told === null) continue; // dealt with
        this.offline = false;
        this.waiting.shift();
        if (one.token !== this.token) continue;
        if (!one.present) this.show(one, told);
        this.root.dispatchEvent(new CustomEvent("beat-answered", { detail: { ...told, place: one.place } }));
        if (told.over) this.ended(told.over);
      }
    } catch {
      // What waits was played, or goes on being played, with the line down: it is handed in as such.
      this.offline = true;
      this.waiting.late();
      this.say("offline");
    }
  }

  // The server's answer, read to its end; null when it refused for good. Anything else, a login page in between or a server
  // that is busy, is a line that is down.
  async send(one) {
    const answer = await fetch(one.present ? this.root.dataset.present : this.root.dataset.beat, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(one),
      keepalive: true,
      signal: AbortSignal.timeout(PATIENCE),
    });
    const told = await answer.json();
    if (answer.ok && typeof told.sequence === "number") return told;
    const own = one.token === this.token;
    if (["superseded", "bad-token"].includes(told.code) && !one.offline && !this.root.dataset.token) {
      this.waiting.late(); // over or too old, but what was played before still counts
      if (own && told.code === "bad-token") this.renew("expired");
    } else if (told.code === "superseded" || told.code === "bad-token") {
      if (own) this.from = null;
      this.waiting.drop(one.token);
      if (!own) this.say(told.code === "bad-token" ? "expired" : "");
      else if (told.code === "superseded") this.end("superseded");
      else this.renew("expired");
    } else if (told.code === "bad-beat") {
      this.waiting.shift();
      this.say("failed");
    } else {
      throw new Error(String(answer.status));
    }
    return null;
  }

  // A beat was taken although its session is over: played elsewhere since, or fallen silent for too long.
  ended(over) {
    if (over === "superseded") this.end("superseded");
    else if (!this.queue.some((one) => one.token === this.token)) this.renew("silent");
  }

  show(beat, answer) {
    this.credited += Math.max(0, Math.min(answer.position, beat.to) - beat.from);
    const needed = Number(this.root.dataset.needed || 0);
    if (this.progress && needed) {
      this.progress.value = Math.min(100, this.base + (this.credited * 100) / needed);
      if (answer.settled && this.progress.value >= 100) { this.say("complete"); return; }
    }
    // What is said of the present moment stands until it changes.
    if (beat.to > beat.from && !this.hid && !this.fast()) this.say("saved");
  }

  // Playing stops here; what waits is still handed in, up to where the other one began.
  end(name) {
    this.mark(false);
    this.over = true;
    this.video.pause();
    this.say(name);
  }

  // The page goes away: what waits and the end of the session travel together and arrive without an answer. The store keeps
  // it until the next page has had one.
  leave() {
    if (!this.token || this.over) return;
    const to = this.now();
    if (this.from !== null && to > this.from) {
      this.sequence += 1;
      this.waiting.add({ token: this.token, sequence: this.sequence, from: this.from, to, done: true, place: this.video.place, offline: this.offline, at: Date.now() });
    }
    this.over = true;
    const own = this.queue.filter((one) => one.token === this.token).slice(0, BEACON);
    const beats = own.map(({ token, at, tried, ...rest }) => rest);
    // A station's screen has no address to finish at: its session goes on when the page comes back.
    if (this.root.dataset.finish) this.beacon(this.root.dataset.finish, { token: this.token, beats });
    else if (own.length) this.beacon(this.root.dataset.beat, own[0]);
  }

  beacon(address, body) {
    navigator.sendBeacon(address, new Blob([JSON.stringify(body)], { type: "application/json" }));
  }
}

for (const root of document.querySelectorAll("[data-player]")) root.player = new Player(root);
