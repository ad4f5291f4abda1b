// Tells the module what else happened besides clicks and page views.
import { getter, look } from "./element.js";
import { guard, note, pairs } from "./guard.js";

// What reading the page breaks is the one thing that is read, and not the SDK.
export const quiet = (run) =>
  guard((...args) => {
    try {
      return run(...args);
    } catch {}
  });

// The capture phase of the window comes before any handler of the page, which may change the
// element, remove it, or stop the event.
const HOW = { capture: true, passive: true };

// Listens to kinds of events, whoever stops them later.
export const on = (target, kinds, run) => listen(target, kinds, quiet(run));

// The same, with a function that is quiet already: where it is there, it is not there twice.
export function listen(target, kinds, run) {
  for (const kind of kinds.split(" ")) target.addEventListener(kind, run, HOW);
}

// A page that clicks or submits by itself is told this often in a minute, of each kind.
const MOST = 60;
let minute;
let counts;

// An element's facts are those of `describe()`, or none.
export function seen(kind, facts, properties = {}) {
  const now = Math.floor(Date.now() / 60_000);
  if (minute !== now) {
    minute = now;
    counts = {};
  }
  counts[kind] = (counts[kind] | 0) + 1;
  if (counts[kind] <= MOST) note("seen", kind, ...pairs(properties), "", facts);
}

const parentOf = getter("parentNode", Node);

// A node and all above it, out of open shadow roots, too. Asked by the prototype, as a form hides
// its own parent behind a field of that name.
export function pathOf(node) {
  const path = [];
  for (let it = node; it && path.length < 1000; ) {
    path.push(it);
    it = parentOf(it) ?? (it instanceof ShadowRoot && it.host);
  }
  return path;
}

// Looks at the elements of a path.
export const lookAt = (path) => path.filter((node) => node instanceof Element).map(look);
