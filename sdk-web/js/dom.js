// Listens to the page and reads it. Many facts are read in one go, because JavaScript reads them
// where they are. What is decided here is what is never read: the values of fields, and text
// that people may have typed.
import { FIELD, guard, plain, tell } from "./guard.js";
import { look } from "./identity.js";
import { keys, tellStored } from "./storage.js";

// The capture phase of the window comes before any handler of the page, which may change the
// element, remove it, or stop the event.
function on(target, kind, run) {
  target.addEventListener(kind, guard(run), { capture: true, passive: true });
}

export function listen() {
  on(window, "click", (event) => {
    const facts = describe(event.composedPath());
    if (facts) tell("click", facts);
  });
  const hide = () => {
    look();
    tell("hidden", document.title);
  };
  on(document, "visibilitychange", () => document.visibilityState === "hidden" && hide());
  on(window, "pagehide", hide);
  on(window, "storage", tellStored);
  on(window, "pageshow", (event) => {
    if (!event.persisted) return;
    tellStored();
    const kept = keys();
    if (kept) tell("restored", ...kept);
  });
  on(window, "online", () => tell("flush"));

  const routed = guard(() => {
    look();
    tell("navigated", location.host, location.pathname);
  });
  on(window, "popstate", routed);
  for (const name of ["pushState", "replaceState"]) {
    const original = history[name];
    history[name] = function (...args) {
      const result = original.apply(this, args);
      routed();
      return result;
    };
  }
}

const NODE = "\x1e";
const CHAIN = 12;

const roles = (names) => names.split(" ").map((name) => `[role=${name}]`).join();
// What people type into or choose from: its text is theirs.
const TYPED =
  "input,select,textarea,[contenteditable]:not([contenteditable=false])," +
  roles("textbox searchbox combobox listbox option spinbutton");
const INTERACTIVE =
  `a[href],area[href],button,summary,label,[onclick],${TYPED},` +
  roles("button link checkbox menuitem menuitemcheckbox menuitemradio radio slider switch tab treeitem");
const NAMED = `${INTERACTIVE},nav,main,aside,header,footer,section,form,dialog,[role]`;
const FIELDS = "form,fieldset,button,input,select,textarea";
const UNREAD = `${TYPED},script,style,template,[aria-hidden=true]`;
const TEST_IDS = ["data-testid", "data-test-id", "data-test", "data-qa", "data-cy"];

// A form hides its own methods behind fields of the same name; the prototype's cannot be hidden.
const { matches, getAttribute } = Element.prototype;
const is = (node, selector) => matches.call(node, selector);
const attribute = (node, name) => getAttribute.call(node, name);

// The element that was meant, with its ancestors, as `capture::ElementFacts` describes them.
export function describe(path) {
  try {
    const nodes = path.filter((node) => node instanceof Element);
    const target = nodes.findIndex((node) => is(node, INTERACTIVE));
    const chain = nodes.slice(Math.max(target, 0)).slice(0, CHAIN);
    // The browser clicks the field of a label next, and that click says more.
    const field = chain[0].localName === "label" && chain[0].control;
    if (field && !field.disabled) return;
    return chain.map((node, n) => facts(node, target >= 0 && n === 0)).join(NODE);
  } catch {}
}

function facts(node, isTarget) {
  const get = (name) => attribute(node, name);
  return [
    typeof node.localName === "string" ? node.localName : "form",
    get("id"),
    get("class"),
    TEST_IDS.map(get).find(Boolean),
    get("role"),
    isTarget ? name(node) : is(node, NAMED) ? get("aria-label") : "",
    is(node, FIELDS) ? get("name") : "",
    is(node, "button,input") ? get("type") : "",
    is(node, "a,area") ? node.href : "",
    `${place(node)}`,
  ]
    .map(plain)
    .join(FIELD);
}

function name(node) {
  const get = (name) => attribute(node, name)?.trim();
  const label = node.labels?.[0];
  const isButton = is(node, "input[type=button],input[type=submit],input[type=reset]");
  const isTyped = is(node, TYPED) || node.isContentEditable;
  return (
    get("aria-label") ||
    (label && text(label).trim()) ||
    (isButton ? get("value") : !isTyped && text(node).trim()) ||
    get("title") ||
    get("alt")
  );
}

function text(node) {
  let all = "";
  for (let child = node.firstChild; child && all.length < 256; child = child.nextSibling) {
    if (child.nodeType === 3) all += child.data;
    else if (child.localName === "img") all += ` ${attribute(child, "alt") ?? ""} `;
    else if (child.nodeType === 1 && !is(child, UNREAD)) all += ` ${text(child)} `;
  }
  return all;
}

// Among at least three siblings of the same tag. A list of hundreds is not walked in a click.
function place(node) {
  const siblings = node.parentElement?.children;
  if (!(siblings?.length >= 3 && siblings.length <= 300)) return "";
  let count = 0;
  let at = 0;
  for (const sibling of siblings) {
    if (sibling === node) at = count;
    if (sibling.localName === node.localName) count++;
  }
  return count >= 3 ? at : "";
}
