// Tells the server what was played: a beat every ten seconds and at each pause. The server credits by its own clock; what is
// kept here only makes sure that a bad line loses nothing.

const EVERY = 10_000;
const RETRY = 5_000;

class Player {
  constructor(root) {
    this.root = root;
    this.video = root.clock || root.querySelector("video, audio");
    this.status = root.querySelector("[data-status]");
    this.progress = root.querySelector("[data-progress]");
    this.token = root.dataset.token || "";
    this.sequence = Number(root.dataset.sequence || 0);
    this.queue = [];
    this.base = this.progress?.value || 0;
    this.credited = 0;
    this.from = null;
    this.allowed = 1; // how fast it may run and count: the rule's, told at the start
    this.sending = false;
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
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.hide(); });
    setInterval(() => this.mark(false), EVERY);
    setInterval(() => this.flush(), RETRY);
    if (!this.video.paused) this.begin(); // pressed before this file had come over a slow line
  }

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
      const answer = await fetch(this.root.dataset.start, { method: "POST", headers: { "X-CSRFToken": this.csrf() } });
      if (!answer.ok) throw new Error(String(answer.status));
      const data = await answer.json();
      this.token = data.token;
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

  // How far one is, as the server knows it now: the page was written before what was still on its way had arrived.
  standing(missing) {
    const needed = Number(this.root.dataset.needed || 0);
    if (!this.progress || !needed || missing === undefined) return;
    this.base = 100 - (Math.min(missing, needed) * 100) / needed;
    this.progress.value = this.base;
  }

  csrf() {
    return JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";
  }

  // Playing goes on from here: an empty beat tells the server that the pause before it earned nothing.
  resume() {
    if (!this.token || this.over || this.video.paused || this.from !== null || this.fast()) return;
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
    this.say("hidden");
  }

  add(from, to, done) {
    this.sequence += 1;
    this.queue.push({ token: this.token, sequence: this.sequence, from, to, done, offline: this.offline });
    this.flush();
  }

  // Milliseconds played that the server does not know of yet.
  unsent() {
    const waiting = this.queue.reduce((sum, beat) => sum + beat.to - beat.from, 0);
    return waiting + (this.from === null ? 0 : Math.max(0, this.now() - this.from));
  }

  // -- what is sent ------------------------------------------------------------------

  async flush() {
    if (this.sending || this.over) return;
    this.sending = true;
    try {
      while (this.queue.length) {
        const beat = this.queue[0];
        const answer = await fetch(this.root.dataset.beat, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(beat),
        });
        if (answer.status === 409) { this.end("superseded"); return; }
        if (answer.status >= 500) throw new Error(String(answer.status));
        this.offline = false;
        this.queue.shift();
        if (!answer.ok) { this.say("failed"); continue; }
        const told = await answer.json();
        this.show(beat, told);
        this.root.dispatchEvent(new CustomEvent("beat-answered", { detail: told }));
      }
    } catch {
      // What waits was played, or goes on being played, with the line down: it is handed in as such.
      this.offline = true;
      for (const beat of this.queue) beat.offline = true;
      this.say("offline");
    } finally {
      this.sending = false;
    }
  }

  show(beat, answer) {
    this.credited += Math.max(0, Math.min(answer.position, beat.to) - beat.from);
    const needed = Number(this.root.dataset.needed || 0);
    if (this.progress && needed) {
      this.progress.value = Math.min(100, this.base + (this.credited * 100) / needed);
      if (answer.settled && this.progress.value >= 100) { this.say("complete"); return; }
    }
    if (beat.to > beat.from) this.say("saved");
  }

  end(name) {
    this.over = true;
    this.queue = [];
    this.video.pause();
    this.say(name);
  }

  // The page goes away: the last beat and the end of the session travel together, and arrive without an answer.
  leave() {
    if (!this.token || this.over) return;
    const to = this.now();
    const last = { token: this.token };
    if (this.from !== null && to > this.from && this.queue.length === 0) {
      this.sequence += 1;
      Object.assign(last, { sequence: this.sequence, from: this.from, to, done: true });
    }
    // A station's screen has no address to finish at: its session goes on when the page comes back.
    const address = this.root.dataset.finish || (last.sequence && this.root.dataset.beat);
    if (address) navigator.sendBeacon(address, new Blob([JSON.stringify(last)], { type: "application/json" }));
    this.over = true;
  }
}

for (const root of document.querySelectorAll("[data-player]")) root.player = new Player(root);
