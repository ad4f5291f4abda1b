// What is kept through page loads: `localStorage`, or nothing where it is denied or full. Then
// the module's own memory lasts as long as the page.
import { FIELD, tell, warn } from "./guard.js";
import { randomText } from "./env.js";

let storage;
let prefix;

export function open(writeKey) {
  prefix = `sillage:${writeKey}:`;
  try {
    storage = localStorage;
  } catch {}
}

// Does something with the storage, and does without it for good once it fails.
function attempt(run) {
  try {
    return storage && run(storage);
  } catch {
    storage = undefined;
    warn("storage is denied or full: what is not sent is lost with the page");
  }
}

const ours = (storage) => Object.keys(storage).filter((key) => key.startsWith(prefix));

// Keys and texts in turn.
export const saved = () =>
  attempt((storage) =>
    ours(storage).flatMap((key) => [key.slice(prefix.length), storage.getItem(key)]).join(FIELD),
  ) ?? "";

// Nothing where nothing can be kept.
export const keys = () =>
  attempt((storage) => ours(storage).map((key) => key.slice(prefix.length)));

// What another page was told by the person is never overwritten.
export function save(key, text) {
  attempt((storage) => (isOptedOut() ? tellStored() : storage.setItem(prefix + key, text)));
}

export function forget(key) {
  attempt((storage) => storage.removeItem(prefix + key));
}

export function forgetAll() {
  attempt((storage) => {
    ours(storage).forEach((key) => storage.removeItem(key));
    sessionStorage.removeItem(TAB);
    sessionStorage.removeItem(REFUSED);
  });
}

export const kept = (key) => attempt((storage) => storage.getItem(prefix + key));
const visitor = () => kept("visitor");

// Tells what storage says now: the text of an event may be older than the page's own.
export const tellStored = () => tell("stored", visitor());

// Whether the visitor's text says so; `capture::Saved` writes it.
export const isOptedOut = () => /^\d+\nout/.test(visitor());

const TAB = "sillage:tab";
const LEFT = "sillage:left";

// Keeps what happened for the next page of the tab.
export function leave(early) {
  try {
    sessionStorage.setItem(LEFT, `[${early.flatMap(written)}]`);
  } catch {}
}

// A call with a value that cannot be written takes nothing else with it.
function written(call) {
  try {
    return JSON.stringify(call);
  } catch {
    return [];
  }
}

// Takes what the page before left.
export function left() {
  try {
    const text = sessionStorage.getItem(LEFT);
    sessionStorage.removeItem(LEFT);
    return JSON.parse(text) ?? [];
  } catch {
    return [];
  }
}

// A name that the pages of one tab share, and no other tab. Who opted out gets none.
export function tab() {
  let name;
  try {
    name = sessionStorage.getItem(TAB);
    if (!name && !isOptedOut()) {
      name = randomText(12);
      sessionStorage.setItem(TAB, name);
    }
  } catch {}
  return name ?? randomText(12);
}

// What a tab is known for on its later pages: that their policy refuses WebAssembly (a changed one
// is noticed in the next tab), and that the console is told what happens.
export const REFUSED = "sillage:plain";
export const TOLD = "sillage:debug";

// Whether it is noted, or notes it.
export function mark(key, value) {
  try {
    return value && !isOptedOut() ? sessionStorage.setItem(key, value) : sessionStorage.getItem(key);
  } catch {}
}
