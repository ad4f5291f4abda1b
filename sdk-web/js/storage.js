// What is kept through page loads: `localStorage`, or nothing where it is denied. Then the module's
// own memory lasts as long as the page.
//
// A page keeps its batches under a name of its own, and holds a Web Lock of that name while it has
// any to deliver. The browser takes the lock from a page that is gone, however it went. So whoever
// gets the lock of a name takes up its batches, and those of a living page nobody does.
import { FIELD, guard, tell, warn } from "./guard.js";
import { randomText } from "./env.js";

let storage;
let prefix;
// The visitor's text as this page knows it.
let known;
let isWarned;
let isGone;
// Keys that this page has to deliver, and how to let go of their locks.
const owned = new Set();
let locks = [];
// What storage had no room for, until it has.
const late = new Map();

export function open(writeKey) {
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

// What another page was told by the person is never overwritten.
export function save(key, text) {
  attempt((storage) => {
    const isVisitor = key === VISITOR;
    if (isOptedOut() || (isVisitor && kept(key) !== known)) return tellStored();
    if (isVisitor) known = text;
    else if (key.includes(".")) {
      if (!owned.size) hold(owner());
      owned.add(key);
    }
    late.set(key, text);
    for (const [key, text] of late) {
      storage.setItem(prefix + key, text);
      late.delete(key);
    }
  });
}

export function forget(key) {
  late.delete(key);
  owned.delete(key);
  if (!owned.size) letGo();
  attempt((storage) => storage.removeItem(prefix + key));
  if (key === VISITOR) known = kept(key);
}

export function forgetAll() {
  [...late.keys(), ...owned].forEach(forget);
  attempt(() => {
    keys().forEach(forget);
    sessionStorage.removeItem(TAB);
    sessionStorage.removeItem(LEFT);
  });
}

async function hold(name, take) {
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
export function letGo() {
  for (const done of locks) done();
  locks = [];
}

// Takes up what pages left that are gone.
export const reclaim = guard(() =>
  attempt((storage) => {
    if (isOptedOut()) return;
    const take = (isOurs) => {
      const found = keys().filter((key) => isOurs(...key.split(".")));
      for (const key of found) owned.add(key);
      tell("kept", ...found.flatMap((key) => [key, storage.getItem(prefix + key)]));
    };
    if (navigator.locks) {
      for (const name of new Set(keys().map((key) => /.*?(?=\.)/.exec(key)?.[0]))) {
        if (name) hold(name, guard(() => take((its) => its === name)));
      }
    } else {
      // A living tab has sent, or made known, what it has for so long.
      take((name, ms) => ms && (name === owner() || Date.now() - ms > 300_000));
    }
  }),
);

// The page goes, perhaps into the back/forward cache. There it does not hold up others.
export function leaving() {
  isGone = true;
}

export function back() {
  isGone = false;
  tellStored();
  if (!storage) return;
  owned.clear();
  for (const key of late.keys()) owned.add(key);
  tell("restored", ...late.keys());
  reclaim();
}

const VISITOR = "visitor";
export const kept = (key) => attempt((storage) => storage.getItem(prefix + key));

// The visitor's text as the page begins.
export const visitor = () => (known = kept(VISITOR)) ?? "";

// Tells what storage says now: the text of an event may be older than the page's own.
export function tellStored() {
  const text = visitor();
  if (isOptedOut()) late.clear();
  tell("stored", text);
}

// Whether the visitor's text says so; `capture::Saved` writes it.
export const isOptedOut = () => /^\d+\nout/.test(kept(VISITOR));

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

let name;

// The name under which this page keeps its batches. Where there are no locks it is one that the
// pages of a tab share, and no other tab has. Who opted out gets none.
export function owner() {
  try {
    name ??= navigator.locks ? "" : sessionStorage.getItem(TAB);
    if (!name && !isOptedOut()) {
      name = randomText(12);
      if (!navigator.locks) sessionStorage.setItem(TAB, name);
    }
  } catch {}
  return (name ||= randomText(12));
}
