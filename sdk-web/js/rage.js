// Clicks that went wrong: in rage, in vain, into an error. Each is told after the click itself.
import { BEYOND, BUTTON, TYPED } from "./element.js";
import { isOff } from "./identity.js";
import { on, quiet, seen } from "./seen.js";
import { LONG } from "./timer.js";

// People press these in a row.
const STEPPER =
  /^\s*([-+−<>‹›«»←→↑↓▲▼◀▶]+|(next|prev(ious)?|increase|decrease|zoom|undo|redo)\b.*|[上下]一.*)\s*$/i;

const NEAR = 30;
const QUICK = 1_000;
const VAIN = 2_500;

let clicks = [];
let isRage = false;
// The last click, the one of which is not known yet whether anything comes of it, and the alarm.
let last;
let pending;
let alarm;

export function clicked(event, path, looks, facts, keys) {
  const at = Date.now();
  last = { at, facts };
  const button = looks.find((it) => it.is & BUTTON);
  // Only of a mouse or a finger; a key is held down to repeat.
  if (!event.detail || (!button && looks.some((it) => it.is & TYPED))) return;
  rage(event, button, facts, at);
  if (button && !pending && !keys && !looks.some((it) => it.is & BEYOND) && !isOff("dead_click")) {
    wait(path, facts, at);
  }
}

function rage({ clientX: x, clientY: y, detail }, button, facts, at) {
  const isNear = (it) => at - it.at < QUICK && (x - it.x) ** 2 + (y - it.y) ** 2 < NEAR ** 2;
  clicks = [...clicks.filter(isNear), { x, y, at }].slice(-3);
  if (clicks.length < 2) isRage = false;
  if (clicks.length < 3 || isRage) return;
  // Three clicks select a paragraph.
  if (!button && detail === 3 && getSelection().type === "Range") return;
  if (button && STEPPER.test(button.its["aria-label"] || button.node.textContent)) return;
  isRage = true;
  seen("rage_click", facts);
}

// Watches for any effect, from before the page's own handlers run until the first one.
function wait(path, facts, at) {
  for (const node of path) {
    // The document, and shadow roots.
    if (node.nodeType > 8) {
      observer.observe(node, {
        subtree: true,
        childList: true,
        attributes: true,
        characterData: true,
      });
    }
  }
  pending = { facts, at };
  // An alarm costs more than the rest of this, so one that is set is waited for.
  alarm ??= setTimeout(ring, VAIN);
}

const ring = quiet(() => {
  alarm = undefined;
  const left = pending && pending.at + VAIN - Date.now();
  if (left > 0) alarm = setTimeout(ring, left);
  else if (pending) {
    const { facts } = pending;
    happened();
    if (left > -LONG && getSelection().type !== "Range") seen("dead_click", facts);
  }
});

export const happened = quiet(() => {
  if (!pending) return;
  observer.disconnect();
  pending = 0;
});
const observer = new MutationObserver(happened);

// An error came up.
export function failed() {
  if (last && Date.now() - last.at < QUICK) seen("error_click", last.facts);
  last = undefined;
}

export function watchEffects() {
  const effects =
    "scroll focusin blur change input invalid copy cut play toggle popstate visibilitychange pagehide";
  on(window, effects, happened);
  // Not every browser tells of a download before it begins.
  if (window.navigation) on(navigation, "navigate", happened);
}
