// What is kept through page loads: `localStorage`, or nothing where it is denied or full. Then
// the module's own memory lasts as long as the page.
import { FIELD, warn } from "./guard.js";
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

export function save(key, text) {
  attempt((storage) => storage.setItem(prefix + key, text));
}

export function forget(key) {
  attempt((storage) => storage.removeItem(prefix + key));
}

export function forgetAll() {
  attempt((storage) => ours(storage).forEach((key) => storage.removeItem(key)));
}

// Whether the visitor's text says so; `capture::Saved` writes it.
export const isOptedOut = () =>
  attempt((storage) => /^\d+\nout/.test(storage.getItem(prefix + "visitor")));

const LEFT = "sillage:left";

// Keeps what happened for the next page of the tab.
export function leave(early) {
  try {
    sessionStorage.setItem(LEFT, JSON.stringify(early));
  } catch {}
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

// A name that the pages of one tab share, and no other tab.
export function tab() {
  let name;
  try {
    name = sessionStorage.getItem("sillage:tab");
    if (!name) {
      name = randomText(12);
      sessionStorage.setItem("sillage:tab", name);
    }
  } catch {}
  return name ?? randomText(12);
}
