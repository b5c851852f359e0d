/* Behaviour that every page shares. Everything here is an addition: pages work without it.

   data-menu            a <details> that closes on Escape, on a click outside and when focus leaves
   data-confirm="text"  on a form, a button or a link: asks once, in a dialog, naming what will happen
                        (data-confirm-action="word": the word on the button that does it)
   data-autosubmit      on a filter form: submits when a select, a date or a tick box changes
   data-toast           a message with a close button; the good news goes by itself after a while
   data-once            on a form: a second press while it is being sent does nothing
   data-print           a button that prints the page
   data-file-drop       a file field that shows the chosen file and takes a dropped one
   data-arrows          a region whose links and buttons are walked with the arrow keys (TV remote) */

const words = document.documentElement.lang.startsWith("en")
  ? { cancel: "Cancel", go: "Go on", close: "Close" }
  : { cancel: "取消", go: "确定", close: "关闭" };

function setUpMenus() {
  const close = (menu) => menu.removeAttribute("open");
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target)) close(menu);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      close(menu);
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("focusout", (event) => {
    const menu = event.target.closest?.("details[data-menu][open]");
    if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) close(menu);
  });
}

function button(text, className) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.className = className;
  return made;
}

/** Ask before an act. Resolves to true when the person chose to go on. */
export function ask(text, action = words.go) {
  return new Promise((resolve) => {
    const dialog = document.createElement("dialog");
    dialog.className = "dialog";
    const question = document.createElement("p");
    question.textContent = text;
    question.id = "dialog-question";
    dialog.setAttribute("aria-labelledby", question.id);
    const row = document.createElement("div");
    row.className = "actions";
    const go = button(action, "button button-danger");
    const cancel = button(words.cancel, "button");
    row.append(cancel, go);
    dialog.append(question, row);
    document.body.append(dialog);
    go.addEventListener("click", () => dialog.close("go"));
    cancel.addEventListener("click", () => dialog.close(""));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "go");
    });
    dialog.showModal();
    cancel.focus();
  });
}

function setUpConfirm() {
  const agreed = new WeakSet();
  document.addEventListener(
    "submit",
    async (event) => {
      const form = event.target;
      const asker = event.submitter?.dataset.confirm ? event.submitter : form;
      if (!asker.dataset.confirm || agreed.delete(form)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!(await ask(asker.dataset.confirm, asker.dataset.confirmAction))) return;
      agreed.add(form);
      form.requestSubmit(event.submitter ?? undefined);
    },
    true,
  );
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-confirm]");
    if (!link) return;
    event.preventDefault();
    if (await ask(link.dataset.confirm, link.dataset.confirmAction)) window.location.assign(link.href);
  });
}

function setUpForms() {
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-autosubmit]");
    if (form && event.target.matches("select, [type=checkbox], [type=radio], [type=date]")) form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]") || event.defaultPrevented) return;
    if (form.dataset.sending) event.preventDefault();
    form.dataset.sending = "1";
  });
  // Coming back with the browser's own button shows a form that may be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sending]")) delete form.dataset.sending;
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });
  document.querySelector("[data-error-summary]")?.focus();
}

function setUpToasts() {
  for (const toast of document.querySelectorAll("[data-toast]")) {
    const close = button("×", "toast-close");
    close.setAttribute("aria-label", words.close);
    close.addEventListener("click", () => toast.remove());
    toast.append(close);
  }
}

function setUpFileDrops() {
  for (const drop of document.querySelectorAll("[data-file-drop]")) {
    const input = drop.querySelector("input[type=file]");
    const name = drop.querySelector("[data-file-name]");
    const show = () => {
      const chosen = [...input.files].map((file) => file.name).join("、");
      if (chosen) name.textContent = chosen;
      drop.classList.toggle("has-file", Boolean(chosen));
    };
    input.addEventListener("change", show);
    for (const kind of ["dragover", "dragleave", "drop"]) {
      drop.addEventListener(kind, (event) => {
        event.preventDefault();
        drop.classList.toggle("is-over", kind === "dragover");
        if (kind !== "drop" || !event.dataTransfer.files.length) return;
        input.files = event.dataTransfer.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
      });
    }
  }
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const REACHABLE = "a[href], button:not(:disabled), input:not([type=hidden], :disabled), select, summary, video, [tabindex='0']";

/** What lies in the direction of an arrow. Up and down go to the next row and there to the nearest place, left and right
    stay in the row: so every row, and everything in it, can be reached. */
function neighbour(region, from, [dx, dy]) {
  const start = from.getBoundingClientRect();
  const middle = (box) => box.left + box.width / 2;
  const level = (box) => box.top + box.height / 2;
  const gap = (box) => {
    if (dy) return dy > 0 ? box.top - start.bottom : start.top - box.bottom;
    return dx > 0 ? box.left - start.right : start.left - box.right;
  };
  const besides = (one, other) => one.top < other.bottom && other.top < one.bottom;
  let found = [...region.querySelectorAll(REACHABLE)]
    .filter((item) => item !== from)
    .map((item) => ({ item, box: item.getBoundingClientRect() }))
    .filter(({ box }) => box.width && gap(box) > -4 && (dy || besides(box, start)))
    .sort((one, other) => gap(one.box) - gap(other.box) || Math.abs(level(one.box) - level(start)) - Math.abs(level(other.box) - level(start)));
  if (dy && found.length) {
    const row = found[0].box;
    const aside = ({ box }) => Math.abs(middle(box) - middle(start));
    found = found.filter(({ box }) => besides(box, row)).sort((one, other) => aside(one) - aside(other));
  }
  return found[0]?.item ?? null;
}

function setUpArrows() {
  const region = document.querySelector("[data-arrows]");
  if (!region) return;
  document.addEventListener("keydown", (event) => {
    const step = ARROWS[event.key];
    const from = document.activeElement;
    if (!step || event.defaultPrevented || from?.matches("select, textarea, input:not([type=radio], [type=checkbox])")) return;
    const next = from && region.contains(from) ? neighbour(region, from, step) : region.querySelector("[autofocus], a[href], button");
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  });
}

/** A row of names that is wider than the phone starts at the one that is open. */
function showPresentPlace() {
  for (const row of document.querySelectorAll(".nav ul, .tabs ul")) {
    const here = row.querySelector("[aria-current]");
    if (here) row.scrollLeft = here.offsetLeft + here.offsetWidth / 2 - row.clientWidth / 2;
  }
}

showPresentPlace();
setUpMenus();
setUpConfirm();
setUpForms();
setUpToasts();
setUpFileDrops();
setUpArrows();
