/* A large file goes in pieces: a cut line waits, a page loaded anew goes on where the server stopped. A small one goes with the
   form as it does without this script. The addresses and the words stand on the script's own tag.

   Forms of films: the library's own, and the one in a page's chooser, which comes and goes. When the pieces are there the form
   is sent with the upload's number in the place of the file; on the page that adds a film (data-then="edit") the film's page follows. */

const script = document.querySelector("script[data-upload]");
const FORMS = "form[action*='/media/'][enctype='multipart/form-data']";
const FILE = "input[type=file][name$=file]";
const IN_PIECES = 16 * 1024 * 1024;
const RETRY_MS = 4000;

const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const size = (bytes) => `${(bytes / 1048576).toFixed(0)} MB`;

class Refused extends Error {}

class Upload {
  constructor(form, file) {
    this.form = form;
    this.file = file;
    this.box = document.createElement("div");
    this.box.className = "upload-progress";
    this.bar = document.createElement("progress");
    this.bar.max = file.size;
    this.line = document.createElement("p");
    this.line.setAttribute("role", "status");
    this.cancel = document.createElement("button");
    this.cancel.type = "button";
    this.cancel.className = "button button-secondary no";
    this.cancel.textContent = script.dataset.cancel;
    this.cancel.addEventListener("click", () => this.giveUp());
    this.box.append(this.bar, this.line, this.cancel);
    form.after(this.box);
    this.box.scrollIntoView({ block: "nearest" });
  }

  async run() {
    const named = { name: this.file.name, size: this.file.size, fingerprint: String(this.file.lastModified) };
    let state = await this.ask(script.dataset.upload, { method: "POST", body: new URLSearchParams(named) });
    this.url = state.url;
    while (state.offset < this.file.size && !this.over) {
      this.show(state.offset);
      const piece = this.file.slice(state.offset, state.offset + state.piece);
      state = await this.ask(this.url, { method: "PUT", body: piece, headers: { "Upload-Offset": state.offset } });
    }
    if (this.over) return;
    this.show(this.file.size);
    this.line.textContent = script.dataset.checking;
    this.cancel.remove();
    if (script.dataset.then === "edit") await this.toItsPage();
    else this.goOn();
  }

  async toItsPage() {
    const { edit } = await this.ask(this.url, { method: "POST", body: new URLSearchParams({ title: titleOf(this.form).value }) });
    await this.sendTheRest(edit);
    window.location.assign(edit);
  }

  /* The form as if it carried the file. */
  goOn() {
    const input = this.form.querySelector(FILE);
    const number = document.createElement("input");
    number.type = "hidden";
    number.name = input.name.replace(/file$/, "upload");
    number.value = this.url.split("/").filter(Boolean).pop();
    input.value = "";
    input.required = false;
    this.form.append(number);
    this.form.requestSubmit();
  }

  token() {
    return this.form.querySelector("[name=csrfmiddlewaretoken]").value;
  }

  /* An answer, asked for again until the line is there. Another offset than ours is the answer to go on with. */
  async ask(url, request) {
    for (;;) {
      let answer;
      try {
        answer = await fetch(url, { ...request, headers: { ...request.headers, "X-CSRFToken": this.token() } });
      } catch {
        this.line.textContent = script.dataset.cut;
      }
      if (answer?.redirected || answer?.status === 403) throw new Refused(script.dataset.login);
      if (answer && answer.status < 500) {
        const told = await answer.json().catch(() => ({}));
        if (answer.ok) return told;
        if (answer.status !== 409) throw new Refused(told.message ?? script.dataset.failed);
        await wait(RETRY_MS);
        return this.ask(this.url, { method: "GET" });
      }
      await wait(RETRY_MS);
    }
  }

  /* Title, captions, tags: the form without the file, as its own page takes it. */
  async sendTheRest(edit) {
    const rest = new FormData(this.form);
    rest.delete("file");
    await fetch(edit, { method: "POST", body: rest }).catch(() => {});
  }

  show(done) {
    this.bar.value = done;
    const values = { percent: `${Math.floor((done * 100) / this.file.size)}%`, done: size(done), size: size(this.file.size) };
    this.line.textContent = script.dataset.going.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
  }

  async giveUp() {
    this.over = true;
    this.box.remove();
    if (this.url) await fetch(this.url, { method: "DELETE", headers: { "X-CSRFToken": this.token() } }).catch(() => {});
  }
}

const titleOf = (form) => form.querySelector("[name$=title]");

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const file = form.matches(FORMS) ? form.querySelector(FILE)?.files[0] : undefined;
  if (!file || file.size < IN_PIECES || !titleOf(form).value) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  const upload = new Upload(form, file);
  try {
    await upload.run();
  } catch (error) {
    upload.line.textContent = error instanceof Refused ? error.message : script.dataset.failed;
    upload.cancel.remove();
  }
  button.disabled = false;
}, { capture: true });
