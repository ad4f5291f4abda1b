// Buttons that copy: the text of the element that `data-copy` selects, or `data-copy-text` itself.

const SAID_MS = 1600;

export function mountCopy(root) {
  root.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-text]");
    if (!button) return;
    const done = await copy(textOf(button));
    say(button, done ? "Copied" : "Press Ctrl+C");
  });
}

function textOf(button) {
  const source = button.dataset.copy && document.querySelector(button.dataset.copy);
  return source ? source.textContent.trim() : button.dataset.copyText;
}

// The clipboard is refused on plain http; a selection still is one keystroke away from a copy.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

function say(button, word) {
  const label = button.querySelector("span");
  if (!label || button.dataset.done !== undefined) return;
  const before = label.textContent;
  button.style.minWidth = `${button.offsetWidth}px`;
  button.dataset.done = "";
  label.textContent = word;
  setTimeout(() => {
    delete button.dataset.done;
    label.textContent = before;
  }, SAID_MS);
}
