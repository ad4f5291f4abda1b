// Alarms and idle moments.
import { tell } from "./guard.js";

let alarm;

export function wakeIn(ms) {
  clearTimeout(alarm);
  alarm = setTimeout(tell, ms, "timer");
}

// Asking the browser for an idle moment costs as much as the rest of a click, so that, too, waits
// until the click is over.
export function whenIdle() {
  const run = () => tell("idle", document.title);
  const ask = () => (window.requestIdleCallback ? requestIdleCallback(run, { timeout: 500 }) : run());
  setTimeout(ask, 50);
}
