// Alarms and idle moments.
import { guard, tell } from "./guard.js";
import { look } from "./identity.js";
import { measure } from "./leave.js";
import { title } from "./mask.js";

let alarm;

export function wakeIn(ms) {
  clearTimeout(alarm);
  alarm = setTimeout(tell, ms, "timer");
}

// Asking the browser for an idle moment costs as much as the rest of a click, so that, too, waits
// until the click is over. Not every browser can be asked, and a page may have broken it.
export function whenIdle() {
  const run = guard(() => {
    measure();
    look();
    tell("idle", title());
  });
  setTimeout(() => {
    try {
      requestIdleCallback(run, { timeout: 500 });
    } catch {
      run();
    }
  }, 50);
}
