// A box that chooses all boxes of its form, or none.

export function mountAll(root) {
  root.addEventListener("change", (event) => {
    if (!event.target.matches("[data-all]")) return;
    const boxes = event.target.closest("form").querySelectorAll("input[name=pick]");
    boxes.forEach((box) => (box.checked = event.target.checked));
  });
}
