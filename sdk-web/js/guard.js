// The one way into the module. Whatever goes wrong inside, a panic included, stays inside, and
// switches the SDK off for the rest of the page.
import * as module from "./module.js";
import { letGo } from "./storage.js";
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

// Tells the module what happened: a word and its fields, in one crossing. The words and fields
// are those of `sdk-web/src/message.rs`.
export const tellAt = guard((at, ...fields) => {
  word = fields[0];
  module.tell(at, fields.join(FIELD));
});
export const tell = guard((...fields) => tellAt(Date.now(), ...fields));

// Text without the control characters that separate fields.
export const plain = (text) =>
  typeof text === "string" ? text.slice(0, 1024).replace(/[\s\x00-\x1f]+/g, " ") : "";

// An image of that name stands before the title.
export function title() {
  try {
    return plain(document.title);
  } catch {}
}
