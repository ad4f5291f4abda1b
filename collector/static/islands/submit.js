// Selects that send their form when they change.

export function mountSubmit(root) {
  root.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
}
