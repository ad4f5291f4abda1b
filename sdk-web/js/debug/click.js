// What a click is told as, and why less is told than stands there, or nothing.
import { say } from "./say.js";

const FIELD = "\x1f";
const NODE = "\x1e";
// The fields of a node, in the order of `capture::ElementFacts`.
const FACTS = ["", "id", "class", "test id", "role", "name", "field", "type", "link", "place"];
const TYPED = "input,select,textarea,[contenteditable]";

const elements = (path) => path.filter((node) => node instanceof Element);
const shown = (node) => `<${node.localName}${node.id ? ` id="${node.id}"` : ""}>`;

// A selector of the page may be none.
function matches(node, selector) {
  try {
    return Boolean(selector) && node.matches(selector);
  } catch {
    return false;
  }
}

const mark = (node) => node.getAttribute("data-sillage");

// The element that masks, as `mask.js` decides: the nearest with a mark, or that a selector finds.
function maskOf(path, selector) {
  const nearest = path.find((node) => mark(node) !== null || matches(node, selector));
  return nearest && !/^\s*allow\s*$/i.test(mark(nearest)) && nearest;
}

export function sayClick(chain, path, { dataset }) {
  const nodes = chain.split(NODE);
  const [tag, ...rest] = nodes[0].split(FIELD);
  const facts = rest.map((fact, n) => fact && `${FACTS[n + 1] ?? "more"} “${fact}”`).filter(Boolean);
  const named = nodes.slice(1).map((node) => node.split(FIELD)).filter((node) => node[5]);
  const within = named.map((node) => `${node[0]} “${node[5]}”`).join(", in ");
  say(
    `click on ${[tag, ...facts].join(", ")}${within && `, in ${within}`}` +
      ` (${nodes.length} elements told)${unnamed(rest[4], path, dataset)}`,
  );
}

// Why there is no name.
function unnamed(name, path, dataset) {
  if (name) return "";
  const all = elements(path);
  if (/^(off|false)$/.test(dataset.text)) return '; no text is told, by data-text="off"';
  const masked = maskOf(all, dataset.mask);
  if (masked) return `; its text is masked by ${shown(masked)}`;
  if (all[0]?.matches(TYPED)) return "; what people type or choose is never read";
  if (!all[0]?.textContent.trim()) return "; it has no label";
  return "; its text is not told: no label of the product, or no other row of the list has it";
}

export function reasonOf(path, script, hasBegun) {
  const all = elements(path);
  const { ignore } = script.dataset;
  const isIgnored = (node) => /ignore/i.test(mark(node)) || matches(node, ignore);
  const ignored = all.find(isIgnored);
  if (ignored) return `${shown(ignored)} is marked to be ignored`;
  const label = all.find((node) => node.localName === "label");
  if (label?.control) return "it is on a label, and the click of its field, which follows, is";
  return hasBegun
    ? "this person opted out, or the SDK was switched off"
    : "the module is not ready; if it comes, this click is told then";
}
