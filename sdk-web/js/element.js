// Looks at an element once, and knows then what it is. Each question to the page would be felt in a
// click, and one by a selector more than others. Asks by the prototype's methods: a form hides its
// own behind fields of the same name, and the prototype's cannot be hidden.
const { getAttribute, getAttributeNames, matches } = Element.prototype;

// Gives what a prototype knows under a name.
export const getter = (name, { prototype } = Element) => {
  const { get } = Object.getOwnPropertyDescriptor(prototype, name);
  return (node) => get.call(node);
};
export const tagOf = getter("localName");
export const before = getter("previousElementSibling");
export const after = getter("nextElementSibling");

// A row even where it stands alone: a search may have left that one.
export const ROW = 1;
// Rows of these are the product's own: places, commands and columns.
export const MENU = 2;
// A place of its own: what stands in it is not of the row that it opens from.
export const PLACE = 4;
// What two of these have in common may be one customer.
export const LIST = 8;
export const COMMAND = 16;
// What people type into or choose from: its text is theirs.
export const TYPED = 32;
// What people mean to click, and what of it looks as if it did something by itself, as a link to
// nowhere does.
export const TARGET = 64;
export const BUTTON = 128;
// What may have a label of its own.
export const PART = 256;
// What has the name of a field, and what has its own name from a label.
export const FIELD = 512;
export const LABELLED = 1024;
export const TYPE = 2048;
export const UNREAD = 4096;
const WRAPPER = 8192;
export const LINK = 16384;
// What leads elsewhere takes its time; what is chosen already does nothing more.
export const BEYOND = 32768;

const tags = {};
const roles = {};
const know = (bits, names, its = "-") => {
  for (const name of names.split(" ")) tags[name] |= bits;
  for (const role of its.split(" ")) roles[role] |= bits;
};
know(ROW, "tr li", "row listitem option treeitem");
know(MENU, "nav menu thead tfoot", "navigation menubar tablist toolbar");
know(PLACE | LIST, "dialog", "dialog alertdialog menu tabpanel columnheader");
know(LIST, "table ul ol", "table grid list tree");
know(COMMAND, "a button", "button");
know(TYPED | TARGET, "input select textarea", "textbox searchbox combobox listbox option spinbutton");
know(TARGET, "label", "checkbox radio slider");
know(
  TARGET | BUTTON,
  "button summary",
  "button link menuitem menuitemcheckbox menuitemradio switch tab treeitem",
);
know(PART, "nav main aside header footer section form dialog");
know(FIELD, "form fieldset button input select textarea");
know(LABELLED, "input select textarea");
know(TYPE, "button input");
know(UNREAD, "script style template");
know(WRAPPER, "div span");

export function look(node) {
  const tag = tagOf(node);
  // What a style says tells nothing, and may have to be written first.
  const its = {};
  let is = tags[tag];
  const names = getAttributeNames.call(node);
  if (!names.length) return { node, tag, its, is, isBare: is & WRAPPER };
  for (const name of names) if (name !== "style") its[name] = getAttribute.call(node, name);
  const { role, onclick, href, contenteditable = "false", type } = its;
  if (role != null) is |= roles[role] | PART;
  if (onclick != null) is |= TARGET | BUTTON;
  if (type && /^(button|submit|reset|image)$/i.test(type)) is |= BUTTON;
  if (href != null && /^a(rea)?$/.test(tag)) is |= LINK | TARGET | (/^(#$|javascript:)/.test(href) ? BUTTON : BEYOND);
  if (contenteditable !== "false") is |= TYPED | TARGET;
  if (its["aria-selected"] === "true" || its["aria-current"] != null) is |= BEYOND;
  return { node, tag, its, is };
}

// Asks for one thing alone.
export const attribute = (node, name) => getAttribute.call(node, name);
export const is = (node, selector) => matches.call(node, selector);
