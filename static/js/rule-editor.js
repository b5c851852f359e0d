/* The form of a rule in the admin: the worked examples follow what is typed.

   data-rule-form       the form; data-examples is the address that answers with the examples of what is typed,
                        data-by-the-day the activities that are measured by half-days and days
   data-rule-examples   where they are shown
   data-rule-field      a field of the form by its name; those that the method does not use are hidden unless they say something */

const form = document.querySelector("[data-rule-form]");
const shown = document.querySelector("[data-rule-examples]");
const PAUSE = 300;
const USED_BY = { tiers: ["tiers"], fixed: ["fixed"], factor: ["factor"], unit_minutes: ["clock", "factor"] };
const IDLE = { factor: 1, fixed: 0, speed: 100 };
let waiting;
let asked = 0;

async function refresh() {
  const turn = ++asked;
  try {
    const answer = await fetch(form.dataset.examples, { method: "POST", body: new FormData(form) });
    if (answer.ok && turn === asked) shown.innerHTML = await answer.text();
  } catch {
    /* without a network the last examples stay; saving recomputes them */
  }
}

function idle(field, name) {
  if (field.querySelector(".error-message, .w-field__errors :not(:empty)")) return false;
  if (name in IDLE) return Number(field.querySelector("input, select").value) === IDLE[name];
  return true;
}

function hide(name, idleNow) {
  const field = form.querySelector(`[data-rule-field="${name}"]`);
  field.hidden = idleNow && idle(field, name);
}

function fit() {
  const method = form.elements.method.value;
  for (const [name, methods] of Object.entries(USED_BY)) hide(name, !methods.includes(method));
  const byTheDay = form.dataset.byTheDay.split(" ").includes(form.elements.activity.value);
  for (const name of ["half_day", "full_day"]) hide(name, !byTheDay);
  hide("speed", form.elements.activity.value !== "online");
}

if (form) {
  fit();
  form.addEventListener("input", () => {
    fit();
    clearTimeout(waiting);
    waiting = setTimeout(refresh, PAUSE);
  });
}
