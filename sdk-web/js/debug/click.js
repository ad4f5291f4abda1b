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

const marked = (path, mark, selector) =>
  path.find((node) => node.getAttribute("data-sillage") === mark || matches(node, selector));

export function sayClick(chain, path) {
  const nodes = chain.split(NODE);
  const [tag, ...rest] = nodes[0].split(FIELD);
  const facts = rest.map((fact, n) => fact && `${FACTS[n + 1] ?? "more"} “${fact}”`).filter(Boolean);
  const named = nodes.slice(1).map((node) => node.split(FIELD)).filter((node) => node[5]);
  const within = named.map((node) => `${node[0]} “${node[5]}”`).join(", in ");
  say(
    `click on ${[tag, ...facts].join(", ")}${within && `, in ${within}`}` +
      ` (${nodes.length} elements told)${unnamed(rest[4], path)}`,
  );
}

// Why there is no name.
function unnamed(name, path) {
  if (name) return "";
  const all = elements(path);
  const mask = marked(all, "mask");
  if (mask) return `; its text is masked by data-sillage="mask" on ${shown(mask)}`;
  if (all[0]?.matches(TYPED)) return "; what people type or choose is never read";
  if (!all[0]?.textContent.trim()) return "; it has no label";
  return "; its text is not told: no label of the product, or no other row of the list has it";
}

export function reasonOf(path, script, hasBegun) {
  const all = elements(path);
  const { ignore } = script.dataset;
  const ignored = marked(all, "ignore", ignore);
  if (ignored) return `${shown(ignored)} is marked to be ignored`;
  const label = all.find((node) => node.localName === "label");
  if (label?.control) return "it is on a label, and the click of its field, which follows, is";
  return hasBegun
    ? "this person opted out, or the SDK was switched off"
    : "the module is not ready; if it comes, this click is told then";
}
