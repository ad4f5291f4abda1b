// The one way into the module. Whatever goes wrong inside, a panic included, stays inside, and
// switches the SDK off for the rest of the page.
import * as module from "./module.js";
import { letGo } from "./storage.js";
import { whenIdle } from "./timer.js";
import { report } from "./transport.js";

export const FIELD = "\x1f";

let isOff = false;
// The word that was told last.
let word = "";

// Makes a function that lets nothing out.
export function guard(run) {
  return (...args) => {
    if (isOff) return;
    try {
      return run(...args);
    } catch (error) {
      off(error);
      report(word, error);
    }
  };
}

export function off(error) {
  isOff = true;
  // Others may deliver what is kept.
  letGo(true);
  warn("switched off:", error);
}

// The browser makes a text of whatever it is, and whatever that throws.
export function warn(text, ...error) {
  try {
    console.warn(`Sillage: ${text}`, ...error);
  } catch {}
}

// What `debug.js` hears of, where somebody asked for it.
export const ear = {};

// Tells the module what happened: a word and its fields, in one crossing. The words and fields
// are those of `crates/capture/src/input.rs`.
function cross(at, fields) {
  if (isOff) return;
  word = fields[0];
  module.tell([at, ...fields].join(FIELD));
}

// What happened and was not told yet. A crossing would be felt in a click, and can wait until the
// browser is idle; whatever is told at once comes after.
const MOST = 256;
let waiting = [];

export const note = guard((...fields) => {
  ear.hear?.(fields);
  if (!waiting.length) whenIdle();
  if (waiting.push([Date.now(), fields]) >= MOST) handOver();
});

export const handOver = guard(() => {
  const noted = waiting;
  waiting = [];
  for (const [at, fields] of noted) cross(at, fields);
});

export const tellAt = guard((at, ...fields) => {
  handOver();
  ear.hear?.(fields);
  cross(at, fields);
});
export const tell = guard((...fields) => tellAt(Date.now(), ...fields));

// Text or number without the control characters that separate fields. The module scrubs it before it is cut
// to what may be told, so more is passed on than that: half a card number is known by nobody.
export const plain = (text) =>
  /^(s.r|n)/.test(typeof text) ? `${text}`.slice(0, 4096).replace(/[\s\x00-\x1f]+/g, " ") : "";

// Keys and values in turn; what has no value is left out.
export const pairs = (values) =>
  Object.entries(values).flatMap(([key, value]) => ((value = plain(value)) ? [key, value] : []));
