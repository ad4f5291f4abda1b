// Alarms and idle moments.
import { guard, handOver, tell } from "./guard.js";
import { look } from "./identity.js";
import { measure } from "./leave.js";
import { title } from "./mask.js";

let alarm;

export function wakeIn(ms) {
  clearTimeout(alarm);
  alarm = setTimeout(tell, ms, "wake");
}

// Asking the browser for an idle moment costs as much as the rest of a click, so that, too, waits
// until the click is over. Not every browser can be asked, and a page may have broken it.
let isAsked = false;

export function whenIdle() {
  if (isAsked) return;
  isAsked = true;
  const run = guard(() => {
    measure();
    look();
    // The module asks for an idle moment when it is told the first of them, and this is one.
    handOver();
    isAsked = false;
    tell("quiet", title());
  });
  setTimeout(() => {
    try {
      requestIdleCallback(run, { timeout: 500 });
    } catch {
      run();
    }
  }, 50);
}
