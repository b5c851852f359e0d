// What is not a film is studied by the clock: it runs while the page is in front and stops when told to. It looks like a
// <video> to player.js and presence.js, which report and ask as they do for a film.

const TICK = 250;

export class StudyClock extends EventTarget {
  constructor(durationMs) {
    super();
    this.duration = durationMs / 1000;
    this.currentTime = 0;
    this.paused = true;
    this.playbackRate = 1;
    this.seeking = false;
    document.addEventListener("visibilitychange", () => this.seen());
    setInterval(() => this.tick(), TICK);
  }

  get ended() { return this.currentTime >= this.duration; }

  tell(name) { this.dispatchEvent(new Event(name)); }

  async play() {
    if (!this.paused) return;
    this.paused = false;
    this.at = performance.now();
    this.tell("play");
    if (!this.paused) this.tell("playing");
  }

  pause() {
    if (this.paused) return;
    this.tick();
    this.paused = true;
    this.tell("pause");
  }

  tick() {
    if (this.paused || this.ended) return;
    const now = performance.now();
    this.currentTime = Math.min(this.duration, this.currentTime + (now - this.at) / 1000);
    this.at = now;
    this.tell("timeupdate");
    if (this.ended) this.tell("ended");
  }

  // Nobody studies a page in the background: the clock waits and goes on by itself.
  seen() {
    if (document.hidden && !this.paused) { this.waits = true; this.pause(); }
    else if (!document.hidden && this.waits) { this.waits = false; this.play(); }
  }
}
