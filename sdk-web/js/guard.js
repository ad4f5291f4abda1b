// The one way into the module. Whatever goes wrong inside, a panic included, stays inside, and
// switches the SDK off for the rest of the page.
import * as module from "./module.js";

export const FIELD = "\x1f";

let isOff = false;

// Makes a function that lets nothing out.
export function guard(run) {
  return (...args) => {
    if (isOff) return;
    try {
      return run(...args);
    } catch (error) {
      off(error);
    }
  };
}

export function off(error) {
  isOff = true;
  warn(`switched off: ${error}`);
}

export function warn(text) {
  try {
    console.warn(`Sillage: ${text}`);
  } catch {}
}

// What `debug.js` hears of, where somebody asked for it.
export const ear = {};

// Tells the module what happened: a word and its fields, in one crossing. The words and fields
// are those of `sdk-web/src/message.rs`.
export const tellAt = guard((at, ...fields) => {
  ear.hear?.(fields);
  module.tell(at, fields.join(FIELD));
});
export const tell = guard((...fields) => tellAt(Date.now(), ...fields));

// Text without the control characters that separate fields.
export const plain = (text) =>
  typeof text === "string" ? text.slice(0, 1024).replace(/[\s\x00-\x1f]+/g, " ") : "";
