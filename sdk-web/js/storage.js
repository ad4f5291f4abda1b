// What is kept through page loads: `localStorage`, or nothing where it is denied. Then the module's
// own memory lasts as long as the page.
//
// A page keeps its batches under a name of its own, and holds a Web Lock of that name while it has
// any to deliver. The browser takes the lock from a page that is gone, however it went. So whoever
// gets the lock of a name takes up its batches, and those of a living page nobody does.
import { tell, warn } from "./guard.js";
import { randomText } from "./env.js";

// The name under which this page keeps its batches.
export let owner;

let storage;
let prefix;
// The visitor's text as this page knows it.
let known;
let isWarned;
let isGone;
// Keys that this page has to deliver, and how to let go of their locks.
const owned = new Set();
let locks = [];

export function open(writeKey) {
  owner ??= randomText(12);
  prefix = `sillage:${writeKey}:`;
  try {
    storage = localStorage;
  } catch {}
}

// Does something with the storage, or without it: the module's memory has everything.
function attempt(run) {
  try {
    return storage && run(storage);
  } catch {
    if (!isWarned) warn("storage is denied or full: what is not sent may be lost with the page");
    isWarned = true;
  }
}

// Keys of ours, of batches those with a dot, in the order of the parts of a batch.
const keys = () =>
  Object.keys(storage)
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length))
    .sort();

// A batch is kept in parts, each under a number that has three digits.
const FIRST = 100;
const parts = (key) => [...owned].filter((part) => part === key || part.startsWith(`${key}.`));

// What another page was told by the person is never overwritten.
export function save(key, text) {
  attempt((storage) => {
    const isVisitor = key === VISITOR;
    // That the person wants no capture is written over everything.
    const isRefused = isVisitor ? kept(key) !== known && !OUT.test(text) : isOptedOut();
    if (isRefused) return tellStored(true);
    if (key.includes(".")) {
      if (!owned.size) hold(owner);
      key += `.${FIRST + parts(key).length}`;
      owned.add(key);
    }
    storage.setItem(prefix + key, text);
    if (isVisitor) known = text;
  });
}

// A key, or all parts of the batch of this key.
export function forget(key) {
  for (const part of [key, ...parts(key)]) {
    owned.delete(part);
    attempt((storage) => storage.removeItem(prefix + part));
  }
  if (!owned.size) letGo();
  if (key === VISITOR) visitor();
}

export function forgetAll() {
  attempt(() => {
    keys().forEach(forget);
    sessionStorage.removeItem(TOLD);
    sessionStorage.removeItem(REFUSED);
    sessionStorage.removeItem(LEFT);
  });
}

// Not at once: for what is saved while the page goes away no lock is asked, which would come to a page
// that stands still, and have the browser drop it from the back/forward cache.
async function hold(name, take) {
  await 0;
  if (isGone) return;
  try {
    const id = `sillage:${name}`;
    await navigator.locks.request(id, { ifAvailable: !!take }, (lock) => {
      if (!lock || isGone) return;
      const held = new Promise((done) => locks.push(done));
      take?.();
      return held;
    });
  } catch {}
}

// A page that holds a lock is neither frozen nor put into the back/forward cache.
export function letGo(isForGood) {
  isGone = isForGood;
  for (const done of locks) done();
  locks = [];
}

// Takes up what pages left that are gone.
export const reclaim = () =>
  attempt((storage) => {
    if (isOptedOut()) return;
    const take = (isOurs) => {
      const texts = {};
      for (const key of keys()) {
        const [name, ms, n, part = FIRST] = key.split(".");
        if (!n || !isOurs(name, ms)) continue;
        owned.add(key);
        const text = (texts[`${name}.${ms}.${n}`] ??= []);
        // What comes after one that is missing cannot be read.
        if (+part === FIRST + text.length) text.push(storage.getItem(prefix + key));
      }
      tell("kept", ...Object.entries(texts).flatMap(([key, text]) => [key, text.join("\x1e")]));
    };
    if (navigator.locks) {
      const batches = keys().filter((key) => key.includes("."));
      for (const name of new Set(batches.map((key) => key.split(".")[0]))) {
        hold(name, () => attempt(() => take((its) => its === name)));
      }
    } else {
      // A living page has delivered what it has for so long.
      take((_, ms) => Date.now() - ms > 300_000);
    }
  });

// The page was in the back/forward cache, and held no lock there.
export function back() {
  tellStored();
  isGone = false;
  // What storage had no room for nobody else has.
  if (!storage || isWarned) return;
  owned.clear();
  tell("back");
  reclaim();
}

const VISITOR = "visitor";
export const kept = (key) => attempt((storage) => storage.getItem(prefix + key));

// The visitor's text as the page begins.
export const visitor = () => (known = kept(VISITOR)) ?? "";

// Tells what storage says now, if it is news; or that it stands against what was to be saved.
export function tellStored(isRefusal) {
  const before = known;
  const text = visitor();
  if (known !== before) tell("visitor", text, isRefusal ? "refused" : "");
}

// Whether the visitor's text says so; `capture::Saved` writes it.
const OUT = /^\d+\nout/;
export const isOptedOut = () => OUT.test(kept(VISITOR));

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
