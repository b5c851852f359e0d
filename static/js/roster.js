/* The roster: find a person as one types, and never let a tap look saved that was not.

   data-roster-filter   the search box; rows carry what they can be found by in data-find
   data-roster          the list of rows, each of which saves its own tap (htmx)
   data-unsaved         what a row says when its tap did not reach the server; it is sent again when the network is back */

const page = document.querySelector("[data-unsaved]");
const list = document.querySelector("[data-roster]");
const box = document.querySelector("[data-roster-filter]");
const none = document.querySelector("[data-roster-none]");

function filter() {
  const wanted = box.value.trim().toLowerCase();
  let shown = 0;
  for (const row of list.children) {
    const words = row.dataset.find.split(" ");
    row.hidden = !(words[0].includes(wanted) || words.some((word) => word.startsWith(wanted)));
    if (!row.hidden) shown += 1;
  }
  none.hidden = shown > 0;
}

function say(row, text) {
  row.classList.add("is-unsaved");
  const note = row.querySelector(".roster-note");
  if (note) note.textContent = text;
}

function sendAgain() {
  for (const row of list.querySelectorAll("li.is-unsaved[data-again]")) {
    row.querySelector("input:checked")?.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

if (list) {
  box?.addEventListener("input", filter);
  box?.form.addEventListener("submit", (event) => event.preventDefault());
  // Enter in a reason saves that row; it must not press the form's button, which marks everybody else.
  list.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches(".roster-reason input")) return;
    event.preventDefault();
    event.target.blur();
  });
  const lost = (event) => {
    const row = event.target.closest("li");
    if (!row) return;
    row.dataset.again = "1";
    say(row, page.dataset.unsaved);
  };
  document.body.addEventListener("htmx:sendError", lost);
  document.body.addEventListener("htmx:timeout", lost);
  document.body.addEventListener("htmx:responseError", (event) => {
    const row = event.target.closest("li");
    if (!row) return;
    const { status, responseText } = event.detail.xhr;
    if (status !== 409) return lost(event);
    delete row.dataset.again;
    say(row, responseText);
    for (const input of row.querySelectorAll("input")) input.checked = input.defaultChecked;
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    const row = event.target.closest("li");
    if (!row) return;
    delete row.dataset.again;
    row.classList.remove("is-unsaved");
  });
  window.addEventListener("online", sendAgain);
  window.setInterval(sendAgain, 15_000);
  window.addEventListener("beforeunload", (event) => {
    if (list.querySelector("[data-again]")) event.preventDefault();
  });
}
