// Is anybody there? The server says how many milliseconds it will still credit before it wants to know (`left`). The question
// stands for the last minute and a half while the film plays on; then the film waits. Nothing is lost: it goes on from there.

const GRACE = 90_000;

class Presence {
  constructor(root) {
    this.root = root;
    this.box = root.querySelector("[data-presence]");
    this.button = this.box.querySelector("button");
    this.player = root.player;
    this.left = Infinity;
    root.addEventListener("beat-answered", (event) => this.told(event.detail));
    this.button.addEventListener("click", () => this.answer());
    this.player.video.addEventListener("play", () => { if (this.left <= 0) this.wait(); });
    setInterval(() => this.tick(), 1000);
  }

  told(answer) {
    if (typeof answer.left !== "number") return;
    // The server counts from what it has: what waits to be sent, and what plays now, comes off.
    this.left = answer.left - this.player.unsent();
    this.position = answer.position;
    this.show();
  }

  // Between two answers of the server, and while the line is down, the player counts for itself.
  tick() {
    if (this.player.video.paused || !this.player.token) return;
    this.left -= 1000;
    this.show();
    if (this.left <= 0) this.wait();
  }

  show() {
    const ask = this.left <= GRACE;
    if (ask && this.box.hidden && document.fullscreenElement) document.exitFullscreen();
    this.box.hidden = !ask;
  }

  wait() {
    this.show();
    this.waits = true;
    this.player.video.pause();
    this.button.focus();
  }

  async answer() {
    this.button.disabled = true;
    try {
      const answer = await fetch(this.root.dataset.present, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ token: this.player.token }),
      });
      if (answer.status === 409) { this.player.end("superseded"); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      const told = await answer.json();
      this.told(told);
      this.goOn(told.position);
    } catch {
      this.player.say("offline");
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
