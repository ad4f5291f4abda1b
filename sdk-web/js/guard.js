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

// Tells the module what happened: a word and its fields, in one crossing. The words and fields
// are those of `sdk-web/src/message.rs`.
export const tellAt = guard((at, ...fields) => module.tell(at, fields.join(FIELD)));
export const tell = guard((...fields) => tellAt(Date.now(), ...fields));

// Text without the control characters that separate fields. The module scrubs it before it is cut
// to what may be told, so more is passed on than that: half a card number is known by nobody.
export const plain = (text) =>
  text && typeof text === "string" ? text.slice(0, 4096).replace(/[\s\x00-\x1f]+/g, " ") : "";
