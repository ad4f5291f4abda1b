// Listens to the page and reads it. Many facts are read in one go, because JavaScript reads them
// where they are. What is decided here is what is never read: the values of fields, and text
// that people may have typed.
import { attribute, is, roles } from "./element.js";
import { FIELD, guard, plain, tell, title } from "./guard.js";
import { look } from "./identity.js";
import { isTold } from "./list.js";
import { back, letGo, tellStored } from "./storage.js";

// The capture phase of the window comes before any handler of the page, which may change the
// element, remove it, or stop the event.
function on(target, kind, run) {
  target.addEventListener(kind, guard(run), { capture: true, passive: true });
}

export function listen() {
  on(window, "click", (event) => {
    const facts = describe(event);
    if (facts) tell("click", facts);
  });
  const hide = () => {
    look();
    tell("hidden", title());
  };
  on(document, "visibilitychange", () => document.visibilityState === "hidden" && hide());
  on(window, "pagehide", () => {
    hide();
    letGo(true);
  });
  on(window, "storage", tellStored);
  on(window, "pageshow", (event) => event.persisted && back());
  on(window, "online", () => tell("flush"));

  const routed = guard(() => {
    look();
    tell("navigated", location.host, location.pathname);
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

// The element that was meant, with its ancestors, as `capture::ElementFacts` describes them.
export function describe(path) {
  try {
    const nodes = (path.composedPath?.() ?? path).filter((node) => node instanceof Element);
    const target = nodes.findIndex((node) => is(node, INTERACTIVE));
    const chain = nodes.slice(Math.max(target, 0));
    // The browser clicks the field of a label next, and that click says more.
    const field = chain[0].localName === "label" && chain[0].control;
    if (field && !field.disabled) return;
    // A bare wrapper says nothing, and there are many of them.
    const read = (node, n) =>
      (!n || node.attributes.length || !is(node, "div,span")) &&
      facts(chain.slice(n), target >= 0 && !n);
    return chain.slice(0, CHAIN).map(read).filter(Boolean).join(NODE);
  } catch {}
}

// The facts of the first node on the way up.
function facts(path, isTarget) {
  const [node] = path;
  const get = (name) => attribute(node, name);
  const read = isTarget ? name : label;
  const named = (isTarget || is(node, NAMED)) && read(node);
  return [
    typeof node.localName === "string" ? node.localName : "form",
    get("id"),
    get("class"),
    TEST_IDS.map(get).find(Boolean),
    get("role"),
    named && isTold(path, named, read) && named,
    is(node, FIELDS) ? get("name") : "",
    is(node, "button,input") ? get("type") : "",
    is(node, "a,area") ? node.href : "",
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
  const siblings = node.parentElement?.children ?? [];
  if (siblings.length > 300) return "";
  const alike = Array.from(siblings).filter((it) => it.localName === node.localName);
  return alike.length > 2 ? alike.indexOf(node) : "";
}
