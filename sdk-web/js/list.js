// Names in repeated lists. One that another row has, too, is the product's ("Edit"); one that no
// other row has may be somebody's ("Ann Lee"), and is not told. Only the page sees the other rows,
// so that is decided here, before the name leaves the page.
import { attribute, is, roles } from "./element.js";

// A row even where it stands alone: a search may have left that one.
const ROW = "tr,li," + roles("row listitem option treeitem");
// Rows of these are the product's own: places, commands and columns.
const MENU = "nav,menu,thead,tfoot," + roles("navigation menubar tablist toolbar");
const ITEM = "[class*=menu i]>*,[class*=nav i]>*";
const COMMAND = "a,button,[role=button]";
// A place of its own: what stands in it is not of the row that it opens from.
const PLACE = "dialog," + roles("dialog alertdialog menu tabpanel columnheader");
// What two of these have in common may be one customer.
const LIST = `${PLACE},table,ul,ol,` + roles("table grid list tree");
// Has its name from a label; what is chosen by its name does not.
const FIELD = "select,textarea,input:not([type=checkbox]):not([type=radio])";

// Rows to look at on either side, and names in each: a long list costs a click no more than that.
const NEAR = 10;
const NAMES = 8;

// Whether the name of the first node on the way up may be told; `read` reads the name of a node.
export function isTold(path, name, read) {
  const [node] = path;
  const isField = is(node, FIELD);
  let isListed, isShared, isInRow, isInMenu;
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const level = path[depth];
    const isRow = is(level, ROW);
    isInMenu ||= is(level, MENU);
    if (is(level, isInRow ? PLACE : LIST)) {
      isListed = isShared = isInRow = false;
      continue;
    }
    isInRow ||= isRow;
    // Within a row, what looks like a list is its cells.
    if (isShared || (!isRow && (isInRow || isField))) continue;
    const isMenu = isInMenu || is(level, ITEM) || (!depth && !isRow && is(node, COMMAND));
    const rows = near(level, isRow);
    const steps = rows[0] && path.slice(1, depth).map(index);
    let n = 0;
    for (const row of rows) {
      const there = depth ? alike(row, steps, node) : [row];
      isShared = there.some((it) => read(it) === name && !isSame(it, node));
      if (isShared) break;
      if (there.some((it) => !isMenu || isKindred(it, node))) n++;
    }
    isListed ||= isMenu ? n : isRow || n > 1;
  }
  return isShared || !isListed;
}

// The rows beside one. Where nothing says that it is one, they have the same classes, but for
// those that a state adds.
function near(row, isRow) {
  const rows = [];
  let own;
  const isLike = (it) => {
    own ??= attribute(row, "class") ?? "";
    const its = attribute(it, "class") ?? "";
    return own && its ? own.startsWith(its) || its.startsWith(own) : own === its;
  };
  for (const side of ["previousElementSibling", "nextElementSibling"]) {
    let it = row;
    for (let n = 0; n < NEAR && (it = it[side]); n++) {
      if (it.localName === row.localName && (isRow || isLike(it))) rows.push(it);
    }
  }
  return rows;
}

function index(node) {
  let n = 0;
  while ((node = node.previousElementSibling)) n++;
  return n;
}

// What stands in another row where a node stands in its own; beside it there may be more or less.
function alike(row, steps, node) {
  const cell = steps.reduceRight((at, step) => at?.children[step], row);
  const cells = [];
  for (let it = cell?.firstElementChild; it && cells.length < NAMES; it = it.nextElementSibling) {
    if (it.localName === node.localName) cells.push(it);
  }
  return cells;
}

// Segments of a path that begin with a digit, or have three, are ids.
const kind = (link) => `${link.pathname}`.replace(/\/(\d|([^/]*?\d){3})[^/]*/g, "/0");

// Links to two of a kind (`/orders/7` and `/orders/8`), and to one and the same.
const isKindred = (a, b) => a.pathname !== b.pathname && kind(a) === kind(b);
const isSame = (a, b) => a.pathname === b.pathname && b.pathname && kind(b) !== b.pathname;
