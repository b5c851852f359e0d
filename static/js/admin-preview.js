// The admin keeps the width of a preview and its mode apart. What a station's television shows is a page of its own, so the width
// of the television chooses its mode where there is one, and the mode its width.

const TV = "tv";

const mode = () => document.querySelector("[data-w-preview-target='mode']");
const width = (name) => document.querySelector(`input[name='preview-size'][value='${name}']`);

function choose(value) {
  const select = mode();
  if (!select || select.value === value || ![...select.options].some((option) => option.value === value)) return;
  select.value = value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
}

function sized(name) {
  if (name === TV) choose(TV);
  else if (mode()?.value === TV) choose("");
}

document.addEventListener("change", ({ target }) => {
  if (target.name === "preview-size") sized(target.value);
  else if (target === mode() && target.value === TV && !width(TV)?.checked) width(TV)?.click();
});

// The admin has chosen the width of last time, perhaps before this file had come.
if (width(TV)?.checked) sized(TV);
