// What htmx leaves open: an answer that cannot be put into the page, and a focus that is lost.

export function mountSwap(root) {
  // The browser then shows the whole answer, or that there is none, as it does without script.
  const follow = (event) => window.location.assign(event.detail.pathInfo.finalRequestPath);
  root.addEventListener("htmx:responseError", follow);
  root.addEventListener("htmx:sendError", follow);
  root.addEventListener("htmx:afterSettle", () => {
    if (document.activeElement !== document.body) return;
    document.querySelector("[data-focus]")?.focus({ preventScroll: true });
  });
}
