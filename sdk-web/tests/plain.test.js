// The module as WebAssembly and as plain JavaScript, told the same, do the same: after each call
// all of their memory is equal, byte for byte, also after it has grown.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import vm from "node:vm";

const folder = process.env.SDK;
const file = (end) => {
  const name = readdirSync(folder).find((name) => name.endsWith(end));
  assert.ok(name, `${end} is missing: run \`cargo xtask sdk\``);
  return readFileSync(join(folder, name));
};
const module = new WebAssembly.Module(file(".wasm"));
const translated = file(".plain.js").toString();

// What the module asks for is noted, and where in its memory that stands.
function imports(side) {
  const [{ module: from, name }, ...others] = WebAssembly.Module.imports(module);
  assert.deepEqual(others, []);
  const perform = (at, length) => {
    side.asked.push([at, decoder.decode(bytes(side.exports).slice(at, at + length))]);
  };
  return { [from]: { [name]: perform } };
}

const wasm = (side) => new WebAssembly.Instance(module, imports(side)).exports;

function plain(side) {
  const window = { sillage: { _: {} } };
  vm.runInNewContext(translated, { window });
  return window.sillage._.plain(imports(side));
}

// Numbers from a seed (mulberry32).
function chance(seed) {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const FIELD = "\x1f";
const NODE = "\x1e";
const WORDS = ["Save", "Ann", "4111 1111 1111 1111", "ann@example.com", "order 7", "größe", "📦", ""];

// A message that the page may tell; `n` is large now and then.
function message(pick, posted) {
  const word = () => WORDS[pick(WORDS.length)];
  const text = () => Array.from({ length: pick(6) }, word).join(" ");
  const pairs = (n) => Array.from({ length: n }, (_, i) => [`key${i}`, text()]).flat();
  const node = () => ["button", word(), text(), "", "", text(), "", "submit", "", `${pick(9)}`];
  const chain = () => Array.from({ length: 1 + pick(12) }, () => node().join(FIELD)).join(NODE);
  const answer = () => {
    const [key, attempt] = posted[pick(posted.length || 1)] ?? ["none", 0];
    return ["answered", key, attempt, [202, 0, 400, 413, 429, 503][pick(6)], pick(9_000), pick(3)];
  };
  const told = [
    () => ["seen", "click", "", chain()],
    () => ["seen", "click", "keys", word(), "", chain()],
    () => ["seen", "submit", ...pairs(pick(3)), "", chain()],
    () => ["seen", "error", "message", text(), "", ""],
    () => ["unwanted", ...["copy", "change"].slice(pick(3))],
    () => ["kept", "other.1700000000000.1", `1\n0\n0\n{}\n{"e":${pick(9)}}`],
    () => ["navigated", "app.example", `/orders/${pick(50)}`],
    () => ["track", text() || "odd", ...pairs(pick(20))],
    () => ["track", "large", "all", "x".repeat(pick(60_000))],
    () => ["page", ...pairs(pick(3))],
    () => ["identify", `user-${pick(3)}`, ...pairs(pick(3))],
    () => ["group", `account-${pick(3)}`],
    () => ["looked", "3", "user", word(), "account", word()],
    () => ["quiet", text()],
    () => ["quiet", text()],
    () => ["wake"],
    () => ["wake"],
    () => ["hidden", text()],
    answer,
    answer,
    () => (pick(20) ? ["flush"] : ["reset"]),
    () => (pick(40) ? ["flush"] : ["optOut"]),
    () => ["optIn"],
  ];
  return told[pick(told.length)]().join(FIELD);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const bytes = (exports) => new Uint8Array(exports.memory.buffer);

function tell(exports, text) {
  const encoded = encoder.encode(text);
  const at = exports.__wbindgen_malloc(encoded.length, 1);
  bytes(exports).set(encoded, at);
  exports.tell(at, encoded.length);
}

function compare(seed, n) {
  const pick = chance(seed);
  const sides = [wasm, plain].map((make) => {
    const side = { asked: [] };
    side.exports = make(side);
    return side;
  });
  const [first, second] = sides;
  const atFirst = bytes(first.exports).length;
  const both = (at, ...fields) => {
    for (const { exports } of sides) tell(exports, [at, ...fields].join(FIELD));
    const [a, b] = sides.map(({ exports }) => Buffer.from(exports.memory.buffer));
    assert.ok(a.equals(b), `seed ${seed}: memories differ after ${fields}`);
    assert.deepEqual(first.asked, second.asked, `seed ${seed}`);
    second.asked = [];
    return first.asked.splice(0).flatMap(([, effects]) => effects.split("\x1d"));
  };
  let at = 1_700_000_000_000 + pick(1e9);
  const device = ["language", "fr-CH", "time_zone", "Europe/Zurich"];
  both(at, "start", "", "0123456789abcdefghij", "tab", "", "", "", "", "", ...device);
  const posted = [];
  let nPosted = 0;
  for (let i = 0; i < n; i++) {
    at += pick(20) ? pick(5_000) : pick(4_000_000);
    for (const effect of both(at, message(pick, posted))) {
      const [code, key, attempt] = effect.split(FIELD);
      if (code !== "0") continue;
      posted.push([key, attempt]);
      nPosted++;
    }
    posted.splice(0, posted.length - 5);
  }
  return { nPosted, grew: bytes(first.exports).length - atFirst };
}

test("both do the same in random histories, and their memory grows", () => {
  let nPosted = 0;
  let grew = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const done = compare(seed, 250);
    nPosted += done.nPosted;
    grew += done.grew;
  }
  assert.ok(nPosted > 100, `${nPosted} batches were posted`);
  assert.ok(grew > 0, "no memory has grown");
});

test("what is broken inside is an exception, and not a wrong result", () => {
  const exports = plain({ asked: [] });
  assert.throws(() => exports.__wbindgen_malloc(-1, 1));
});
