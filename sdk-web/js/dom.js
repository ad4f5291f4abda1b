// Listens to the page and reads it. Many facts are read in one go, because JavaScript reads them
// where they are. What is decided here is what is never read: the values of fields, and text
// that people may have typed.
import * as element from "./element.js";
import { after, attribute, before, look, tagOf } from "./element.js";
import { FIELD, guard, note, plain, tell } from "./guard.js";
import * as identity from "./identity.js";
import { moved, returned } from "./leave.js";
import { isTold } from "./list.js";
import { afterClick, hiding, watch } from "./more.js";
import { happened } from "./rage.js";
import { lookAt, on } from "./seen.js";
import { isHidden, isTextOff, mark, marks, title } from "./mask.js";
import { back, letGo, tellStored } from "./storage.js";

const keysOf = ({ altKey, ctrlKey, metaKey, shiftKey }) =>
  [altKey && "alt", ctrlKey && "ctrl", metaKey && "meta", shiftKey && "shift"]
    .filter(Boolean)
    .join("+");

export function listen() {
  on(window, "click auxclick", (event) => {
    const path = event.composedPath();
    const looks = lookAt(path);
    // The right button opens a menu and follows nothing.
    const facts = event.button < 2 && describe(looks);
    if (!facts) return;
    const keys = keysOf(event);
    if (event.type === "click") note("seen", "click", ...(keys && ["keys", keys]), "", facts);
    afterClick(event, path, looks, facts, keys);
  });
  watch();
  const hide = () => {
    hiding();
    identity.look();
    tell("hidden", title());
  };
  on(document, "visibilitychange", () => document.visibilityState === "hidden" && hide());
  on(window, "pagehide", () => {
    hide();
    letGo(true);
  });
  on(window, "storage", () => tellStored());
  on(window, "pageshow", (event) => {
    if (!event.persisted) return;
    // First who is there now.
    back();
    returned();
  });
  on(window, "online", () => tell("flush"));

  const routed = guard(() => {
    happened();
    moved();
    identity.look();
    note("navigated", location.host, location.pathname);
  });
  on(window, "popstate", routed);
  for (const name of ["pushState", "replaceState"]) {
    const original = history[name];
    // A frozen history stays as it is.
    Reflect.set(history, name, function (...args) {
      const result = Reflect.apply(original, this, args);
      routed();
      return result;
    });
  }
}

const NODE = "\x1e";
const CHAIN = 32;

const ICON = "[data-icon],use,svg[class],i[class]";
const SIGN = /(?:#|\b(?:icon|lucide|fa|bi|mdi)-)(?:icon-)?([\w-]+)/;
const TEST_IDS = ["data-testid", "data-test-id", "data-test", "data-qa", "data-cy"];

// The element that was meant, with its ancestors, as `capture::ElementFacts` describes them;
// nothing if one of them is marked to be ignored. It becomes a text when that is asked for, which
// can wait until the click is over.
export function describe(looks) {
  try {
    const marked = marks(looks);
    if (!marked) return;
    const target = looks.findIndex((it) => it.is & element.TARGET);
    const first = Math.max(target, 0);
    // The browser clicks the field of a label next, and that click says more.
    const field = looks[first].tag === "label" && looks[first].node.control;
    if (field && !field.disabled) return;
    const chain = [];
    for (let n = first; n < looks.length && n < first + CHAIN; n++) {
      const it = looks[n];
      // A bare wrapper says nothing, and there are many of them.
      if (n === first || !it.isBare) {
        const href = it.is & element.LINK ? it.node.href : "";
        const its = named(looks, n, n === target, marked[n]);
        chain.push([it, marked[n] === "mask", its, href, place(it)]);
      }
    }
    return { toString: () => chain.map(facts).join(NODE) };
  } catch {}
}

// Of a masked one only what its developer named it by is told; id, classes and link may be made of
// what stands in it.
const facts = ([{ tag, its, is }, isMasked, named, href, place]) =>
  [
    tag,
    !isMasked && its.id,
    !isMasked && its.class,
    its[TEST_IDS.find((id) => its[id])],
    its.role,
    its["data-sillage-name"] || named,
    is & element.FIELD ? its.name : "",
    is & element.TYPE ? its.type : "",
    !isMasked && href,
    place,
  ]
    .map(plain)
    .join(FIELD);

// The name that may be told of one on the way up.
function named(looks, at, isTarget, marked) {
  const it = looks[at];
  if (!isTarget && !(it.is & (element.TARGET | element.PART))) return;
  if (marked === "mask" || isTextOff()) return isTarget && sign(it);
  const read = isTarget ? name : label;
  const text = read(it);
  return (marked || !text || isTold(looks.slice(at), text, read)) && text;
}

const label = ({ its }) => its["aria-label"];

function name(it) {
  const { node, its } = it;
  const label = node.labels?.[0];
  const isButton = it.tag === "input" && /^(button|submit|reset)$/i.test(its.type);
  return (
    its["aria-label"]?.trim() ||
    (label && text(label, isHidden(label)).trim()) ||
    (isButton ? its.value?.trim() : !isTyped(it) && text(node).trim()) ||
    its.title?.trim() ||
    its.alt?.trim()
  );
}

const isTyped = (it) => it.is & element.TYPED || it.node.isContentEditable;

// What may be told of an element that is masked: its parts that are allowed, or its icon.
function sign(it) {
  if (isTyped(it)) return;
  const icon = it.node.querySelector(ICON);
  const its = (name) => attribute(icon, name);
  return (
    (!isTextOff() && text(it.node, true).trim()) ||
    (icon && (its("data-icon") || SIGN.exec(`${its("href")} ${its("class")}`)?.[1]))
  );
}

function text(node, isMasked) {
  let all = "";
  for (let child = node.firstChild; child && all.length < 256; child = child.nextSibling) {
    const type = child.nodeType;
    if (type === 3) all += isMasked ? "" : child.data;
    if (type !== 1) continue;
    const it = look(child);
    if (it.is & (element.TYPED | element.UNREAD) || it.its["aria-hidden"] === "true") continue;
    const own = mark(it);
    const isOut = own ? own !== "allow" : isMasked;
    if (it.tag !== "img") all += own === "ignore" ? "" : ` ${text(child, isOut)} `;
    else if (!isOut) all += ` ${it.its.alt ?? ""} `;
  }
  return all;
}

// Among at least three siblings of the same tag. A list of hundreds is not walked in a click.
function place({ node, tag }) {
  let n = 0;
  let others = 0;
  for (let it = node; others < 2 && (it = after(it)); ) others += tagOf(it) === tag;
  let it = before(node);
  if (it && node.parentElement?.childElementCount > 300) return "";
  for (; it; it = before(it)) n += tagOf(it) === tag;
  return n + others > 1 ? n : "";
}
