// A search field that hides what does not match, as one types. Enter takes the first match, and
// a slash anywhere on the page leads to it.

export function mountFilter(root) {
  root.addEventListener("input", (event) => {
    if (event.target.matches("[data-filter]")) filter(event.target);
  });
  root.addEventListener("keydown", (event) => {
    if (event.key === "/" && !isTyping(event)) search(event);
    if (event.key !== "Enter" || !event.target.matches("[data-filter]")) return;
    // With none, the form goes out, and the collector looks further than this list.
    const first = picks(event.target).find((pick) => !pick.hidden);
    if (!first) return;
    event.preventDefault();
    first.click();
  });
  root.addEventListener("toggle", focusSearch, true);
}

function isTyping(event) {
  const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
  return hasModifier || event.target.matches("input, select, textarea, [contenteditable]");
}

function search(event) {
  const input = document.querySelector("[data-filter]");
  if (!input) return;
  event.preventDefault();
  input.closest("details").open = true;
  input.focus();
}

function picks(input) {
  return [...document.querySelectorAll(`${input.dataset.filter} [data-text]`)];
}

function filter(input) {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const pick of picks(input)) {
    pick.hidden = !words.every((word) => pick.dataset.text.includes(word));
    found += !pick.hidden;
  }
  const list = document.querySelector(input.dataset.filter);
  for (const group of list.querySelectorAll("[data-group]")) {
    group.hidden = !group.querySelector("[data-text]:not([hidden])");
  }
  const none = list.querySelector("[data-none]");
  none.hidden = found > 0;
  if (input.value) none.textContent = `Nothing matches “${input.value}”.`;
}

// Opening the list by hand puts the cursor where one types.
function focusSearch(event) {
  if (event.target.open && event.target.contains(document.activeElement)) {
    event.target.querySelector("[data-filter]")?.focus({ preventScroll: true });
  }
}
