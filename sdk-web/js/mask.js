// What the page's owner wants nobody to be told: marks in the page, selectors of the script line,
// and text altogether. It is decided here, before anything leaves the page.
import { is } from "./element.js";
import { plain, warn } from "./guard.js";
import { lookAt, pathOf } from "./seen.js";

const MARK = "data-sillage";

let ignored;
let masked;
let isOff;

// What a selector that is none was to protect is not known: then no text is told at all.
const selector = (text) => {
  if (!text) return;
  try {
    new DocumentFragment().querySelector(text);
    return `${text}`;
  } catch {
    isOff = true;
    warn(`"${text}" is no selector, so no text is told`);
  }
};

// Takes `ignore`, `mask` and `text` of the script line or of `init`.
export function open(options) {
  isOff = /^(off|false)$/.test(options.text);
  ignored = selector(options.ignore);
  masked = selector(options.mask);
}

export const isTextOff = () => isOff;

// A text of the page, unless text is off.
export const told = (text) => (isOff ? "" : text);

// What an element itself is marked with: its attribute before the selectors, but nothing before
// "ignore". A word that is not known masks.
export function mark(it) {
  const own = it.its[MARK];
  if (own == null && !ignored && !masked) return;
  if (/ignore/i.test(own) || (ignored && is(it.node, ignored))) return "ignore";
  if (own != null) return /^\s*allow\s*$/i.test(own) ? "allow" : "mask";
  if (masked && is(it.node, masked)) return "mask";
}

// The mark that holds for each element of a way up, across shadow roots; nothing at all if one of
// them is to be ignored.
export function marks(looks) {
  let inherited;
  const all = [];
  for (let n = looks.length - 1; n >= 0; n--) {
    const own = mark(looks[n]);
    if (own === "ignore") return;
    inherited = own ?? inherited;
    all[n] = inherited;
  }
  return all;
}

// Whether the text of an element may not be told, where its way up is not at hand.
export const isHidden = (node) => isOff || isMasked(node);

// Whether it is marked so.
export function isMasked(node) {
  const all = marks(lookAt(pathOf(node)));
  return !all || all[0] === "mask";
}

// The document's title.
export function title() {
  try {
    return isHidden(document.querySelector("title")) ? "" : plain(document.title);
  } catch {
    return "";
  }
}
