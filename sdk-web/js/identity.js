// What the collector says to all pages: which kinds are not captured, and how to find out who is
// signed in. Finds that by the rules that an admin of the collector has set: looks where they say,
// and tells what stands there. What of it is somebody's id is decided by `capture`. The page never
// waits for the rules, and works the same without them.
import { plain, tell } from "./guard.js";
import * as storage from "./storage.js";

// A changed rule is here after this and the time that an answer may be kept, four minutes in all.
const ASK_AGAIN = 120_000;

let address;
let allowed;
let asked;
let version;
let rules = [];
let off = ["copy"];

// Whether a kind is not captured. The module knows, too; this spares the work.
export const isOff = (kind) => off.includes(kind);

// Begins with the rules as they were on the last page. The script line pins where they may look.
export function open(url, pinned = "meta,global") {
  address = url;
  allowed = `${pinned}`.split(/[\s,]+/);
  asked = 0;
  learn(storage.kept("config"));
  look();
}

function learn(text) {
  try {
    const config = JSON.parse(text);
    ({ version, identity: rules } = config);
    off = config.off ?? off;
    tell("unwanted", ...off);
  } catch {}
}

// Tells what the rules give now. What reading breaks is that one rule.
export function look() {
  try {
    if (storage.isOptedOut()) return;
    if (Date.now() - asked > ASK_AGAIN) ask();
    if (rules.length && !allowed.includes("off")) tell("looked", version, ...rules.flatMap((rule) => [rule.of, read(rule)]));
  } catch {}
}

function ask() {
  asked = Date.now();
  const signal = AbortSignal.timeout?.(30_000);
  fetch(address, { credentials: "omit", referrerPolicy: "origin", signal })
    .then((answer) => answer.ok && answer.text())
    .then((text) => {
      if (!text) return;
      learn(text);
      storage.save("config", text);
      look();
    })
    .catch(() => {});
}

// A tab stands for what the script line does not allow, a line break for what is no text.
function read({ from, name, path }) {
  if (!allowed.includes(from)) return "\t";
  try {
    const value = places[from](name, path) ?? "";
    return /^(s.r|n)/.test(typeof value) ? plain(value) : "\n";
  } catch {
    return "";
  }
}

const places = {
  meta: (name) => document.querySelector(`meta[name="${name}"]`)?.content,
  global: (path) => member(window, path),
  storage: (key, path) => {
    const text = localStorage.getItem(key);
    if (!path) return text;
    // Larger ones would be felt.
    return text.length < 50_000 && member(JSON.parse(text), path);
  },
};

// Plain members only: nothing of the browser, behind which lie cookies, storage and other frames.
const member = (from, path) => {
  const [first, ...rest] = path.split(".");
  return rest.reduce(
    (value, name) => (/^.object (Obj|Arr)/.test({}.toString.call(value)) ? value[name] : undefined),
    Object.getOwnPropertyDescriptor(from, first)?.value,
  );
};
