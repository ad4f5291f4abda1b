// Names in repeated lists. One that another row has, too, is the product's ("Edit"); one that no
// other row has may be somebody's ("Ann Lee"), and is not told. Only the page sees the other rows,
// so that is decided here, before the name leaves the page.
import { after, attribute, before, COMMAND, LABELLED, LIST, look, MENU, PLACE, ROW, tagOf } from "./element.js";

// Of what is called so, each item is one of a menu.
const isItem = ({ node: { parentElement } }) =>
  parentElement && /menu|nav/i.test(attribute(parentElement, "class"));
// What is chosen by its name does not have it from a label.
const isLabelled = (it) =>
  it.is & LABELLED && !(it.tag === "input" && /^(checkbox|radio)$/i.test(it.its.type));

// Rows to look at on either side, and names in each: a long list costs a click no more than that.
const NEAR = 10;
const NAMES = 8;

// Whether the name of the first one on the way up may be told; `read` reads the name of one.
export function isTold(looks, name, read) {
  const [own] = looks;
  const isField = isLabelled(own);
  let isListed, isShared, isInRow, isInMenu;
  for (let depth = looks.length - 1; depth >= 0; depth--) {
    const level = looks[depth];
    const isRow = level.is & ROW;
    isInMenu ||= level.is & MENU;
    if (level.is & (isInRow ? PLACE : LIST)) {
      isListed = isShared = isInRow = false;
      continue;
    }
    isInRow ||= isRow;
    // Within a row, what looks like a list is its cells.
    if (isShared || (!isRow && (isInRow || isField))) continue;
    let n = 0;
    let steps, known;
    const isMenu = () =>
      (known ??= isInMenu || isItem(level) || (!depth && !isRow && own.is & COMMAND) || false);
    beside(level, isRow, (row) => {
      steps ??= looks.slice(1, depth).map(index);
      const there = depth ? alike(row, steps, own) : [row];
      isShared = there.some((it) => read(look(it)) === name && !isSame(it, own.node));
      if (there.some((it) => !isMenu() || isKindred(it, own.node))) n++;
      return isShared;
    });
    isListed ||= (isRow || n) && (isMenu() ? n : isRow || n > 1);
  }
  return isShared || !isListed;
}

// Goes through the rows beside one, until one of them is enough. Where nothing says that they are
// rows, they have the same classes, but for those that a state adds.
function beside({ node, tag, its }, isRow, isEnough) {
  const own = its.class ?? "";
  const isLike = (it) => {
    const other = attribute(it, "class") ?? "";
    return own && other ? own.startsWith(other) || other.startsWith(own) : own === other;
  };
  for (const side of [before, after]) {
    let it = node;
    for (let n = 0; n < NEAR && (it = side(it)); n++) {
      if (tagOf(it) === tag && (isRow || isLike(it)) && isEnough(it)) return;
    }
  }
}

function index({ node }) {
  let n = 0;
  while ((node = before(node))) n++;
  return n;
}

// What stands in another row where one stands in its own; beside it there may be more or less.
function alike(row, steps, own) {
  const cell = steps.reduceRight((at, step) => at?.children[step], row);
  const cells = [];
  for (let it = cell?.firstElementChild; it && cells.length < NAMES; it = after(it)) {
    if (tagOf(it) === own.tag) cells.push(it);
  }
  return cells;
}

// Segments of a path that begin with a digit, or have three, are ids.
const kind = (link) => `${link.pathname}`.replace(/\/(\d|([^/]*?\d){3})[^/]*/g, "/0");

// Links to two of a kind (`/orders/7` and `/orders/8`), and to one and the same.
const isKindred = (a, b) => a.pathname !== b.pathname && kind(a) === kind(b);
const isSame = (a, b) => a.pathname === b.pathname && b.pathname && kind(b) !== b.pathname;
