// Listens to the page and reads it. Many facts are read in one go, because JavaScript reads them
// where they are. What is decided here is what is never read: the values of fields, and text
// that people may have typed.
import { attribute, is, roles } from "./element.js";
import { FIELD, guard, note, pairs, plain, tell } from "./guard.js";
import { look } from "./identity.js";
import { moved, returned } from "./leave.js";
import { isTold } from "./list.js";
import { afterClick, hiding, watch } from "./more.js";
import { happened } from "./rage.js";
import { on } from "./seen.js";
import { isHidden, isTextOff, mark, marks, title } from "./mask.js";
import { back, letGo, tellStored } from "./storage.js";

const keysOf = (event) =>
  ["alt", "ctrl", "meta", "shift"].filter((key) => event[`${key}Key`]).join("+");

export function listen() {
  on(window, "click auxclick", (event) => {
    const path = event.composedPath();
    // The right button opens a menu and follows nothing.
    const facts = event.button < 2 && describe(path);
    if (!facts) return;
    const keys = keysOf(event);
    if (event.type === "click") note("seen", "click", ...pairs({ keys }), "", facts);
    afterClick(event, path, facts, keys);
  });
  watch();
  const hide = () => {
    hiding();
    look();
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
    look();
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

// What people type into or choose from: its text is theirs.
export const TYPED =
  "input,select,textarea,[contenteditable]:not([contenteditable=false])," +
  roles("textbox searchbox combobox listbox option spinbutton");
const INTERACTIVE =
  `a[href],area[href],button,summary,label,[onclick],${TYPED},` +
  roles("button link checkbox menuitem menuitemcheckbox menuitemradio radio slider switch tab treeitem");
const NAMED = `${INTERACTIVE},nav,main,aside,header,footer,section,form,dialog,[role]`;
const FIELDS = "form,fieldset,button,input,select,textarea";
const UNREAD = `${TYPED},script,style,template,[aria-hidden=true]`;
const ICON = "[data-icon],use,svg[class],i[class]";
const SIGN = /(?:#|\b(?:icon|lucide|fa|bi|mdi)-)(?:icon-)?([\w-]+)/;
const TEST_IDS = ["data-testid", "data-test-id", "data-test", "data-qa", "data-cy"];

// The element that was meant, with its ancestors, as `capture::ElementFacts` describes them;
// nothing if one of them is marked to be ignored.
export function describe(path) {
  try {
    const nodes = path.filter((node) => node instanceof Element);
    const marked = marks(nodes);
    if (!marked) return;
    const target = nodes.findIndex((node) => is(node, INTERACTIVE));
    const first = Math.max(target, 0);
    const chain = nodes.slice(first);
    // The browser clicks the field of a label next, and that click says more.
    const field = chain[0].localName === "label" && chain[0].control;
    if (field && !field.disabled) return;
    // A bare wrapper says nothing, and there are many of them.
    const read = (node, n) =>
      (!n || node.attributes.length || !is(node, "div,span")) &&
      facts(chain.slice(n), target >= 0 && !n, marked[first + n]);
    return chain.slice(0, CHAIN).map(read).filter(Boolean).join(NODE);
  } catch {}
}

// The facts of the first node on the way up. Of a masked one only what its developer named it by
// is told; id, classes and link may be made of what stands in it.
function facts(path, isTarget, marked) {
  const [node] = path;
  const get = (name) => attribute(node, name);
  const isMasked = marked === "mask";
  const seen = (value) => (isMasked ? "" : value);
  const isQuiet = isMasked || isTextOff();
  const read = isTarget ? name : label;
  const named = (isTarget || is(node, NAMED)) && (isQuiet ? isTarget && sign(node) : read(node));
  const isFree = isQuiet || marked || !named;
  return [
    typeof node.localName === "string" ? node.localName : "form",
    seen(get("id")),
    seen(get("class")),
    TEST_IDS.map(get).find(Boolean),
    get("role"),
    get("data-sillage-name") || ((isFree || isTold(path, named, read)) && named),
    is(node, FIELDS) ? get("name") : "",
    is(node, "button,input") ? get("type") : "",
    is(node, "a,area") ? seen(node.href) : "",
    `${place(node)}`,
  ]
    .map(plain)
    .join(FIELD);
}

const label = (node) => attribute(node, "aria-label");

function name(node) {
  const get = (name) => attribute(node, name)?.trim();
  const label = node.labels?.[0];
  const isButton = is(node, "input[type=button],input[type=submit],input[type=reset]");
  return (
    get("aria-label") ||
    (label && text(label, isHidden(label)).trim()) ||
    (isButton ? get("value") : !isTyped(node) && text(node).trim()) ||
    get("title") ||
    get("alt")
  );
}

const isTyped = (node) => is(node, TYPED) || node.isContentEditable;

// What may be told of an element that is masked: its parts that are allowed, or its icon.
function sign(node) {
  if (isTyped(node)) return;
  const icon = node.querySelector(ICON);
  const get = (name) => attribute(icon, name);
  return (
    (!isTextOff() && text(node, true).trim()) ||
    (icon && (get("data-icon") || SIGN.exec(`${get("href")} ${get("class")}`)?.[1]))
  );
}

function text(node, isMasked) {
  let all = "";
  for (let child = node.firstChild; child && all.length < 256; child = child.nextSibling) {
    if (child.nodeType === 3) all += isMasked ? "" : child.data;
    else if (child.nodeType === 1 && !is(child, UNREAD)) {
      const own = mark(child);
      const isOut = own ? own !== "allow" : isMasked;
      if (child.localName !== "img") all += own === "ignore" ? "" : ` ${text(child, isOut)} `;
      else if (!isOut) all += ` ${attribute(child, "alt") ?? ""} `;
    }
  }
  return all;
}

// Among at least three siblings of the same tag. A list of hundreds is not walked in a click.
function place(node) {
  if (node.parentElement?.childElementCount > 300) return "";
  let before = 0;
  let after = 0;
  const isAlike = (it) => it.localName === node.localName;
  for (let it = node; (it = it.previousElementSibling); ) before += isAlike(it);
  for (let it = node; before + after < 2 && (it = it.nextElementSibling); ) after += isAlike(it);
  return before + after > 1 ? before : "";
}
