// Clicks that went wrong: in rage, in vain, into an error. Each is told after the click itself.
import { TYPED } from "./dom.js";
import { attribute, is, roles } from "./element.js";
import { isOff } from "./identity.js";
import { on, quiet, seen } from "./seen.js";

// What looks as if it did something by itself.
const BUTTON =
  "button,summary,[onclick],a[href='#'],a[href^='javascript:']," +
  "[type=button],[type=submit],[type=reset],[type=image]," +
  roles("button link menuitem menuitemcheckbox menuitemradio switch tab treeitem");
// What leads elsewhere takes its time; what is chosen already does nothing more.
const BEYOND = "a[href]:not([href='#'],[href^='javascript:']),[aria-selected=true],[aria-current]";
// People press these in a row.
const STEPPER =
  /^\s*([-+−<>‹›«»←→↑↓▲▼◀▶]+|(next|prev(ious)?|increase|decrease|zoom|undo|redo)\b.*|[上下]一.*)\s*$/i;

const NEAR = 30;
const QUICK = 1_000;
const VAIN = 2_500;
// A handler, or a dialog that it opened, that took longer than this did something.
const LONG = 300;

export const nearest = (path, selector) =>
  path.find((node) => node instanceof Element && is(node, selector));

let clicks = [];
let isRage = false;
// The last click, and the one of which is not known yet whether anything comes of it.
let last;
let pending;

export function clicked(event, path, facts, keys) {
  const at = Date.now();
  last = { at, facts };
  const button = nearest(path, BUTTON);
  // Only of a mouse or a finger; a key is held down to repeat.
  if (!event.detail || (!button && nearest(path, TYPED))) return;
  rage(event, button, facts, at);
  if (button && !pending && !keys && !nearest(path, BEYOND) && !isOff("dead_click")) {
    wait(path, facts, at);
  }
}

function rage({ clientX: x, clientY: y, detail }, button, facts, at) {
  const isNear = (it) => at - it.at < QUICK && Math.hypot(x - it.x, y - it.y) < NEAR;
  clicks = [...clicks.filter(isNear), { x, y, at }].slice(-3);
  if (clicks.length < 2) isRage = false;
  if (clicks.length < 3 || isRage) return;
  // Three clicks select a paragraph.
  if (!button && detail === 3 && getSelection().type === "Range") return;
  if (button && STEPPER.test(attribute(button, "aria-label") || button.textContent)) return;
  isRage = true;
  seen("rage_click", facts);
}

// Watches for any effect, from before the page's own handlers run until the first one.
function wait(path, facts, at) {
  const observer = new MutationObserver(happened);
  for (const node of path) {
    if (node instanceof Document || node instanceof ShadowRoot) {
      observer.observe(node, {
        subtree: true,
        childList: true,
        attributes: true,
        characterData: true,
      });
    }
  }
  const isLate = (ms) => Date.now() - at > ms + LONG;
  setTimeout(quiet(() => isLate(0) && happened()), 0);
  const timer = setTimeout(
    quiet(() => {
      const isVain = pending && !isLate(VAIN) && getSelection().type !== "Range";
      happened();
      if (isVain) seen("dead_click", facts);
    }),
    VAIN,
  );
  pending = { observer, timer };
}

export const happened = quiet(() => {
  if (!pending) return;
  clearTimeout(pending.timer);
  pending.observer.disconnect();
  pending = undefined;
});

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
