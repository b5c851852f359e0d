// The admin saves a new page by itself after half a second. Whoever presses a key while that is on its way, over a slow line,
// would send the page a second time and have it twice: his key waits for the answer, which turns the form into the page's own.

// And whoever presses it first has sent the page: the admin's own saving, half a second later, would be the second one.

const saving = new WeakMap();
const sent = new WeakSet();

document.addEventListener("w-autosave:save", (event) => {
  if (sent.has(event.target)) event.preventDefault();
  if (!event.defaultPrevented) saving.set(event.target, null);
});
document.addEventListener("w-autosave:success", (event) => settle(event.target));
document.addEventListener("w-autosave:error", (event) => settle(event.target));

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!saving.has(form)) {
    sent.add(form);
    setTimeout(() => { if (event.defaultPrevented) sent.delete(form); }); // somebody else held it back
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  saving.set(form, event.submitter);
}, { capture: true });

function settle(form) {
  const key = saving.get(form);
  saving.delete(form);
  if (!key) return;
  setTimeout(() => { // after the admin has taken the answer
    key.disabled = false; // it shows that it is at work; a key that is off would not say what it was pressed for
    form.requestSubmit(key);
  });
}
