// How long somebody was engaged with the page in view, and how far down it was seen. There is no
// timer: time is counted when somebody stirs, and when the page is left.
import { on, quiet, seen } from "./seen.js";
import { tell } from "./guard.js";

// After the last sign of somebody, so much counts.
const IDLE = 30_000;
// Of one page view, what is less than this is not told again.
const AGAIN = 1_000;

// When somebody was there last; 0 while nobody is.
let last = 0;
let engaged = 0;
let isLeft = false;
// How far down was seen, and how long the document is, in CSS pixels.
let bottom = 0;
let height = 0;
let path;

function stir() {
  const now = Date.now();
  if (last) engaged += Math.min(Math.max(now - last, 0), IDLE);
  last = document.visibilityState === "visible" && document.hasFocus() ? now : 0;
}

// Asks for the layout, so it is called only where that is up to date, or nobody waits.
export const measure = quiet(() => {
  const { scrollTop, clientHeight, scrollHeight } = document.scrollingElement;
  bottom = Math.max(bottom, scrollTop + clientHeight);
  height = scrollHeight;
});

export function left() {
  stir();
  if (isLeft && engaged < AGAIN) return;
  isLeft = true;
  const scroll_percent = height ? Math.min(100, Math.round((bottom / height) * 100)) : "";
  seen("page_leave", "", { engaged_ms: engaged, scroll_percent });
  engaged = 0;
}

function enter() {
  path = location.pathname;
  engaged = bottom = height = 0;
  isLeft = false;
  stir();
}

// Leaves the page that was in view, if the address is of another one now.
export function moved() {
  if (location.pathname === path) return;
  left();
  enter();
}

export function watchLeave() {
  enter();
  const signs = "pointerdown pointermove keydown wheel scroll touchmove focus blur visibilitychange";
  on(window, signs, stir);
  let later;
  on(window, "scroll", () => {
    later ??= setTimeout(() => {
      later = undefined;
      measure();
    }, 200);
  });
}

// Somebody came back to it.
export function returned() {
  enter();
  tell("page");
}
