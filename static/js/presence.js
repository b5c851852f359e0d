// Is anybody there? The server says how many milliseconds it will still credit before it wants to know (`left`). The question
// stands for the last minute and a half while the film plays on; then the film waits. Nothing is lost: it goes on from there.

const GRACE = 90_000;
const LEAST = 480_000 + GRACE; // the shortest time to the next question, where the server cannot be asked
const BUZZ = [200, 120, 200];

class Presence {
  constructor(root) {
    this.root = root;
    this.box = root.querySelector("[data-presence]");
    this.button = this.box.querySelector("button");
    this.player = root.player;
    this.until = Infinity; // of all that this page plays, where the server's credit ends
    root.addEventListener("beat-answered", (event) => this.told(event.detail));
    this.button.addEventListener("click", () => this.answer());
    this.player.video.addEventListener("play", () => { if (this.left() <= 0) this.wait(); });
    setInterval(() => this.tick(), 1000);
  }

  played() {
    return this.player.counted + this.player.running();
  }

  left() {
    return this.until - this.played();
  }

  // The server counts from what it has: what waits to be sent, and what plays now, comes off. While an answer of the person
  // is on its way, what the server says does not know of it yet.
  told(answer) {
    if (typeof answer.left !== "number" || this.player.pressed()) return;
    this.until = this.played() - this.player.unsent() + answer.left;
    this.position = answer.position;
    this.show();
  }

  // Between two answers of the server, and while the line is down, the player counts for itself.
  tick() {
    if (this.player.video.paused || !this.player.token) return;
    this.show();
    if (this.left() <= 0) this.wait();
  }

  show() {
    const ask = this.left() <= GRACE;
    const fresh = ask && this.box.hidden;
    this.box.hidden = !ask;
    if (!fresh) return;
    this.leaveFullScreen();
    if (this.unseen()) this.call();
    this.player.mark(false); // so that the server asks now as well
  }

  // A phone's own player covers the page: the question would stand behind it.
  leaveFullScreen() {
    const video = this.player.video;
    if (document.fullscreenElement) document.exitFullscreen();
    else if (video.webkitDisplayingFullscreen) video.webkitExitFullscreen();
  }

  // Who only listens does not look at the screen.
  unseen() {
    return document.hidden || this.root.dataset.audio === "on" || this.player.video.tagName === "AUDIO";
  }

  call() {
    navigator.vibrate?.(BUZZ);
    try {
      const sound = new AudioContext();
      const [tone, loud] = [sound.createOscillator(), sound.createGain()];
      tone.frequency.value = 660;
      loud.gain.setValueAtTime(0.12, sound.currentTime);
      loud.gain.linearRampToValueAtTime(0, sound.currentTime + 0.8);
      tone.connect(loud).connect(sound.destination);
      tone.start();
      tone.stop(sound.currentTime + 0.8);
      tone.addEventListener("ended", () => sound.close());
    } catch { /* a browser without sound of its own: the question is still on the page */ }
  }

  wait() {
    this.show();
    this.waits = true;
    this.player.video.pause();
    this.button.focus();
  }

  async answer() {
    this.button.disabled = true;
    this.until = this.played() + LEAST; // until the server says more
    try {
      const arrived = await this.player.press();
      this.show();
      if (this.player.over) return;
      this.goOn(arrived ? this.position : Infinity);
    } finally {
      this.button.disabled = false;
    }
  }

  // Where the film waited, it goes back to what was credited last, a few seconds at most.
  goOn(position) {
    if (!this.waits) return;
    this.waits = false;
    const video = this.player.video;
    if (video.currentTime * 1000 > position && video.currentTime * 1000 - position < 2 * GRACE) video.currentTime = position / 1000;
    video.play();
  }
}

for (const root of document.querySelectorAll("[data-player]")) if (root.querySelector("[data-presence]")) new Presence(root);
