// Alarms and idle moments.
import { guard, handOver, tell } from "./guard.js";
import { look } from "./identity.js";
import { measure } from "./leave.js";
import { title } from "./mask.js";
import { happened } from "./rage.js";

let alarm;

export function wakeIn(ms) {
  clearTimeout(alarm);
  alarm = setTimeout(tell, ms, "wake");
}

// Asking the browser for an idle moment costs as much as the rest of a click, so that, too, waits
// until the click is over. Not every browser can be asked, and a page may have broken it.
let isAsked = false;
const SOON = 50;
const LATEST = 500;

// A handler, or a dialog that it opened, that took longer than this did something.
export const LONG = 300;

export function whenIdle() {
  if (isAsked) return;
  isAsked = true;
  const asked = Date.now();
  const check = (ms) => Date.now() - asked > ms + LONG && happened();
  const run = guard(() => {
    check(SOON + LATEST);
    measure();
    look();
    // The module asks for an idle moment when it is told the first of them, and this is one.
    handOver();
    isAsked = false;
    tell("quiet", title());
  });
  setTimeout(() => {
    check(SOON);
    try {
      requestIdleCallback(run, { timeout: LATEST });
    } catch {
      run();
    }
  }, SOON);
}
