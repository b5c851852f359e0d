/* The station's screen. Everything here is an addition, but for the film itself: see player.js.

   data-idle="180"      on the sign-out form of a shared screen: sends itself after so many seconds without a key or a
                        touch, with a warning half a minute before (data-idle-text); not on a page where a film plays
   data-roll            the roll call: counts the ticks into [data-count]
   data-stepper         a number in large − and + keys, since a remote has no digits
   data-room="address"  the film with its strip: [data-begin] starts it in full screen, [data-pause] halts it,
                        [data-late] opens the name plates; a tick is sent to the address and sent again until it is taken
   data-draft="key"     a form that keeps what is typed on this screen until [data-draft-done="key"] says that it is safe */

const english = document.documentElement.lang.startsWith("en");
const words = english
  ? { less: "Fewer", more: "More", pause: "Pause", go: "Go on", waiting: "Not saved yet; trying again", login: "Please sign in again" }
  : { less: "减少", more: "增加", pause: "暂停", go: "继续", waiting: "还没有保存，正在重试", login: "登录已过期，请重新登录" };

const RETRY_MS = 5000;
const WARNING_MS = 30000;
const STRIP_MS = 5000;

function setUpIdle() {
  const form = document.querySelector("form[data-idle]");
  if (!form) return;
  const limit = Number(form.dataset.idle) * 1000;
  let last = Date.now();
  let warning = null;
  const alive = () => {
    last = Date.now();
    warning?.remove();
    warning = null;
  };
  for (const kind of ["keydown", "pointerdown", "pointermove", "wheel", "input"]) {
    document.addEventListener(kind, alive, { passive: true });
  }
  setInterval(() => {
    const silent = Date.now() - last;
    if (silent >= limit) {
      form.submit();
    } else if (silent >= limit - WARNING_MS && !warning) {
      warning = document.createElement("p");
      warning.className = "tv-warning";
      warning.setAttribute("role", "alert");
      warning.textContent = form.dataset.idleText;
      document.body.append(warning);
    }
  }, 1000);
}

/** OK on a name plate ticks it; a browser would send the form. */
function setUpPlates() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches(".tv-person input")) return;
    event.preventDefault();
    event.target.click();
  });
}

function setUpRoll() {
  const form = document.querySelector("[data-roll]");
  if (!form) return;
  const count = form.querySelector("[data-count]");
  const show = () => {
    count.textContent = form.querySelectorAll("input[name=member]:checked").length;
  };
  form.addEventListener("change", show);
  window.addEventListener("pageshow", show); // the browser's own "back" brings ticks back too
}

function key(text, label) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  return made;
}

function setUpSteppers() {
  for (const stepper of document.querySelectorAll("[data-stepper]")) {
    const input = stepper.querySelector("input[type=number]");
    const shown = document.createElement("output");
    shown.className = "tv-clock";
    shown.htmlFor = input.id;
    const most = Number(input.max || Infinity);
    input.type = "hidden"; // an arrow key in a number field would change it and never leave it
    const set = (value) => {
      input.value = Math.min(Math.max(value, 0), most);
      shown.textContent = input.value;
    };
    const less = key("−", words.less);
    const more = key("+", words.more);
    less.addEventListener("click", () => set(Number(input.value) - 1));
    more.addEventListener("click", () => set(Number(input.value) + 1));
    input.before(less);
    input.after(shown, more);
    set(Number(input.value) || 0);
  }
}

/** Arrow keys lead out of a text field where the cursor has nowhere to go in it. */
function setUpTextFields() {
  const region = document.querySelector("[data-arrows]");
  region?.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!field.matches("textarea, input[type=text], input[type=number]")) return;
    const down = event.key === "ArrowDown";
    if (!down && event.key !== "ArrowUp") return;
    if (field.matches("textarea")) {
      const rest = down ? field.value.slice(field.selectionEnd) : field.value.slice(0, field.selectionStart);
      if (rest.includes("\n")) return;
    }
    const stops = [...region.querySelectorAll("a[href], button:not(:disabled), input:not([type=hidden]), textarea")];
    const next = stops[stops.indexOf(field) + (down ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "center" });
  });
}

function setUpDrafts() {
  for (const done of document.querySelectorAll("[data-draft-done]")) {
    localStorage.removeItem(`draft:${done.dataset.draftDone}`);
  }
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const name = `draft:${form.dataset.draft}`;
  const fields = () => [...form.elements].filter((field) => field.name && field.type !== "hidden");
  const kept = JSON.parse(localStorage.getItem(name) ?? "{}");
  for (const field of fields()) if (field.name in kept) field.value = kept[field.name];
  form.addEventListener("input", () => {
    localStorage.setItem(name, JSON.stringify(Object.fromEntries(fields().map((field) => [field.name, field.value]))));
  });
}

/** Ticks on their way: kept on this screen until the server has taken them. */
class Ticks {
  constructor(room) {
    this.room = room;
    this.name = `ticks:${room.dataset.room}`;
    this.waiting = new Map(JSON.parse(localStorage.getItem(this.name) ?? "[]"));
    this.sending = false;
    for (const [code, present] of this.waiting) this.box(code).checked = present;
    this.show();
    this.send();
  }

  box(code) {
    return this.room.querySelector(`input[name=member][value="${CSS.escape(code)}"]`) ?? {};
  }

  add(code, present) {
    this.waiting.set(code, present);
    this.keep();
    this.send();
  }

  keep() {
    if (this.waiting.size) localStorage.setItem(this.name, JSON.stringify([...this.waiting]));
    else localStorage.removeItem(this.name);
    this.show();
  }

  show(message = words.waiting) {
    const line = this.room.querySelector("[data-waiting]");
    line.hidden = !this.waiting.size;
    line.textContent = message;
  }

  async send() {
    if (this.sending || !this.waiting.size) return;
    this.sending = true;
    const [code, present] = this.waiting.entries().next().value;
    const settled = await this.post(code, present);
    this.sending = false;
    if (settled && this.waiting.get(code) === present) this.waiting.delete(code);
    this.keep();
    if (settled) this.send();
    else setTimeout(() => this.send(), RETRY_MS);
  }

  /** Whether the server has answered for good. A busy or unreachable server is asked again. */
  async post(code, present) {
    const body = new URLSearchParams({ member: code, present: present ? "1" : "0" });
    const token = this.room.querySelector("[name=csrfmiddlewaretoken]").value;
    let answer;
    try {
      answer = await fetch(this.room.dataset.room, { method: "POST", body, headers: { "X-CSRFToken": token } });
    } catch {
      return false;
    }
    if (answer.redirected) this.show(words.login);
    if (answer.redirected || answer.status >= 500) return false;
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) {
      this.room.querySelector("[data-now]").textContent = told.now;
    } else {
      this.box(code).checked = !present;
      const refused = this.room.querySelector("[data-refused]");
      refused.textContent = told.message ?? "";
      refused.hidden = !told.message;
    }
    return true;
  }
}

function setUpRoom() {
  const room = document.querySelector("[data-room]");
  if (!room) return;
  const video = room.querySelector("video");
  const begin = room.querySelector("[data-begin]");
  const pause = room.querySelector("[data-pause]");
  const late = room.querySelectorAll("[data-late]");
  const panel = room.querySelector("[data-late-panel]");
  const ticks = new Ticks(room);

  const position = Number(room.dataset.position) / 1000;
  if (position && position < Number(room.dataset.length) / 1000 - 3) video.currentTime = position;

  const start = () => {
    begin.hidden = true;
    room.requestFullscreen?.().catch(() => {}); // some sets have no full screen; the film still plays
    video.play();
    pause.focus();
  };
  begin.addEventListener("click", start);
  pause.addEventListener("click", () => (video.paused ? video.play() : video.pause()));
  const showState = () => {
    pause.lastElementChild.textContent = video.paused ? words.go : words.pause;
    room.classList.toggle("is-playing", !video.paused);
    if (!video.paused) begin.hidden = true;
  };
  video.addEventListener("play", showState);
  video.addEventListener("pause", showState);
  video.addEventListener("ended", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    room.querySelector("[data-next]").focus();
  });

  const turnPanel = () => {
    panel.hidden = !panel.hidden;
    late[0].setAttribute("aria-expanded", String(!panel.hidden));
    (panel.hidden ? late[0] : panel.querySelector("input"))?.focus();
  };
  for (const button of late) button.addEventListener("click", turnPanel);
  panel.addEventListener("change", (event) => ticks.add(event.target.value, event.target.checked));

  let timer;
  const awake = () => {
    room.classList.remove("is-still");
    clearTimeout(timer);
    timer = setTimeout(() => room.classList.toggle("is-still", !video.paused && panel.hidden), STRIP_MS);
  };
  for (const kind of ["keydown", "pointermove", "pointerdown", "change"]) room.addEventListener(kind, awake);
  video.addEventListener("play", awake);
  awake();
}

setUpIdle();
setUpPlates();
setUpRoll();
setUpSteppers();
setUpTextFields();
setUpDrafts();
setUpRoom();
