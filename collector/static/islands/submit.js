// Selects that send their form when they change, and fields that hold the address in view.

export function mountSubmit(root) {
  root.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
  // A swap of a part changes the address after the page was rendered.
  root.addEventListener("submit", (event) => {
    const here = event.target.querySelector("input[data-here]");
    if (here) here.value = location.pathname + location.search;
  });
}
