/* How a film comes over the line. Everything here is an addition: without it the browser plays one file by itself.

   data-film                on the part of the page that holds the player; data-playlist the adaptive stream, data-hls the
                            library for browsers that do not play it themselves, which is loaded when somebody presses play
   select[data-quality]     "auto", or an option with data-url: one file; the one with data-sound leaves the screen dark
   select[data-speed]       faster than the rule allows it plays and earns nothing (player.js)
   [data-back] [data-toggle] [data-forward]   large keys; so do space, the arrows and a remote's media keys

   player.js asks `root.film.ready(position)` before it plays. */

const HLS = "application/vnd.apple.mpegurl";
const STEP = 10;
const KEPT = "film-quality";
const MEDIA_KEYS = {
  MediaPlayPause: "toggle", MediaPlay: "play", MediaPause: "pause", MediaStop: "pause",
  MediaRewind: "back", MediaFastForward: "forward", MediaTrackPrevious: "back", MediaTrackNext: "forward",
};
const PLAIN_KEYS = { " ": "toggle", k: "toggle", ArrowLeft: "back", ArrowRight: "forward" };

class Film {
  constructor(root) {
    this.root = root;
    this.media = root.querySelector("video, audio");
    this.playlist = root.dataset.playlist || "";
    this.quality = root.querySelector("[data-quality]");
    this.speed = root.querySelector("[data-speed]");
    this.attached = false;
    this.media.addEventListener("play", () => this.begin());
    this.quality?.addEventListener("change", () => this.change(true));
    this.speed?.addEventListener("change", () => { this.media.playbackRate = Number(this.speed.value); });
    for (const name of ["back", "toggle", "forward"]) {
      root.querySelector(`[data-${name}]`)?.addEventListener("click", () => this[name]());
    }
    document.addEventListener("keydown", (event) => this.key(event));
    const tools = root.querySelector("[data-film-tools]");
    if (tools) tools.hidden = false;
    this.remember();
  }

  /* The viewer's last choice; who saves data starts with the smallest picture. */
  remember() {
    if (!this.quality) return;
    const values = [...this.quality.options].map((option) => option.value);
    const saving = navigator.connection?.saveData ? values.find((value) => value !== "auto") : undefined;
    const wanted = localStorage.getItem(KEPT) ?? saving;
    if (!values.includes(wanted) || wanted === this.quality.value) return;
    this.quality.value = wanted;
    this.change(false);
  }

  /* Whether the library has to bring the stream. */
  needsLibrary() {
    const adaptive = this.playlist && (this.quality?.value ?? "auto") === "auto";
    return adaptive && !this.attached && !this.media.canPlayType(HLS) && "MediaSource" in window;
  }

  /* Pressed: the page that counts asks for ready() itself before it plays; any other film is made ready here. */
  async begin() {
    if (!this.needsLibrary() || (this.root.player && !this.root.player.token)) return;
    const position = this.media.currentTime;
    this.media.pause();
    await this.ready(position);
    this.media.play().catch(() => {});
  }

  /* Resolves when the film can be played from `position`, in seconds. */
  async ready(position) {
    if (!this.needsLibrary()) return;
    this.attached = true;
    try {
      const { default: Hls } = await import(this.root.dataset.hls);
      if (!Hls.isSupported()) return;
      await this.attach(Hls, position);
    } catch {
      this.detach(); // the line or the library failed: the one file that the page names still plays
      this.media.src = this.plain();
      this.media.currentTime = position;
    }
  }

  attach(Hls, position) {
    this.hls = new Hls({ enableWorker: false, startPosition: position, capLevelToPlayerSize: true, maxBufferLength: 40 });
    return new Promise((resolve, reject) => {
      this.hls.on(Hls.Events.ERROR, (_name, error) => {
        if (!error.fatal) return;
        if (this.media.readyState === 0) reject(new Error(error.details));
        else if (error.type === Hls.ErrorTypes.MEDIA_ERROR) this.hls.recoverMediaError();
        else this.retry();
      });
      this.hls.on(Hls.Events.MANIFEST_PARSED, resolve);
      this.hls.loadSource(this.playlist);
      this.hls.attachMedia(this.media);
    });
  }

  /* A line that was cut while the film ran: the library gives up after a few tries, the page does not. */
  retry() {
    clearTimeout(this.retrying);
    this.retrying = setTimeout(() => this.hls?.startLoad(), 3000);
  }

  detach() {
    clearTimeout(this.retrying);
    this.hls?.destroy();
    this.hls = null;
  }

  plain() {
    return this.media.querySelector(`source:not([type="${HLS}"])`).src;
  }

  /* Another form of the same film, from the same second on. */
  async change(keep) {
    const option = this.quality.selectedOptions[0];
    if (keep) localStorage.setItem(KEPT, option.value);
    const { currentTime: position, paused, playbackRate: rate } = this.media;
    this.root.player?.leap(); // what was played is told before the position is lost
    this.detach();
    this.attached = false;
    this.root.dataset.audio = "sound" in option.dataset ? "on" : "off";
    if (option.dataset.url) this.media.src = option.dataset.url;
    else if (this.media.canPlayType(HLS)) this.media.src = this.playlist;
    else await this.ready(position);
    if (position) this.media.currentTime = position;
    this.media.playbackRate = rate;
    if (!paused) this.media.play().catch(() => {});
  }

  toggle() {
    if (this.media.paused) this.play();
    else this.pause();
  }

  play() {
    this.media.play().catch(() => {});
  }

  pause() {
    this.media.pause();
  }

  back() {
    this.media.currentTime = Math.max(0, this.media.currentTime - STEP);
  }

  forward() {
    this.media.currentTime = Math.min(this.media.duration || Infinity, this.media.currentTime + STEP);
  }

  /* The film's own keys work wherever nothing else on the page wants them. */
  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    const idle = event.target === document.body || event.target === this.media;
    const act = MEDIA_KEYS[event.key] ?? (idle && !("remote" in this.root.dataset) ? PLAIN_KEYS[event.key] : undefined);
    if (!act) return;
    event.preventDefault();
    this[act]();
  }
}

for (const root of document.querySelectorAll("[data-film]")) root.film = new Film(root);
