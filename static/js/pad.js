/* Keys on the screen for a remote that has only arrows and OK.

   data-pad      the keys, shown when this runs; data-key="7" types a figure, data-key="back" takes the last one away */

const pad = document.querySelector("[data-pad]");

if (pad) {
  const field = pad.closest("form").querySelector("input[type=text]");
  pad.hidden = false;
  pad.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (!key) return;
    const text = key === "back" ? field.value.slice(0, -1) : field.value + key;
    if (field.maxLength < 0 || text.length <= field.maxLength) field.value = text;
  });
  // A field keeps the arrows to itself: down leads to the keys.
  field.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    pad.querySelector("[data-key]").focus();
  });
}
