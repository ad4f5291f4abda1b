// The way into the WebAssembly module and out of it, in the place of the glue that wasm-bindgen
// writes, which allows for much that does not occur here and is a tenth of the scripts. Texts are
// copied across: a pointer and a length. Those that go in are freed by the module.
//
// Where WebAssembly is missing or the page's policy refuses it, the same module comes as plain
// JavaScript (`crates/xtask/src/sdk/plain.rs`), which takes and gives the same.
import { FIELD, warn } from "./guard.js";
import { forget, forgetAll, mark, REFUSED, save } from "./storage.js";
import { wakeIn, whenIdle } from "./timer.js";
import { post } from "./transport.js";

let wasm;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

// The memory grows, and is another buffer then.
const memory = () => new Uint8Array(wasm.memory.buffer);

// What the module asks for, in the order of `crates/capture/src/effect.rs`.
const actions = [post, save, forget, forgetAll, wakeIn, whenIdle, warn];
let effects;

const imports = {
  "./sdk_web_bg.js": {
    __wbg_perform(at, length) {
      effects = decoder.decode(memory().subarray(at, at + length));
    },
  },
};

// An action may run code of the page, which may call the SDK again: that waits for its turn.
let waiting;

export function tell(message) {
  if (waiting) return waiting.push(message);
  waiting = [message];
  for (const message of waiting) {
    const bytes = encoder.encode(message);
    const at = wasm.__wbindgen_malloc(bytes.length, 1);
    memory().set(bytes, at);
    effects = "";
    wasm.tell(at, bytes.length);
    for (const effect of effects.split("\x1d").slice(0, -1)) {
      const [code, ...fields] = effect.split(FIELD);
      actions[code](...fields);
    }
  }
  waiting = 0;
}

// The shortest module. Whether a page may compile one is known before one is downloaded.
const EMPTY = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);

async function compiled({ base, script }) {
  // A browser reports each attempt that a policy refuses, so there is one in a tab, or none.
  if (script.dataset.wasm === "off" || mark(REFUSED)) return;
  try {
    new WebAssembly.Module(EMPTY);
  } catch {
    return mark(REFUSED, 1);
  }
  try {
    const answer = await fetch(base + WASM, { credentials: "omit", referrerPolicy: "origin" });
    const code = answer.ok && (await answer.arrayBuffer());
    return code && (await WebAssembly.instantiate(code, imports)).instance.exports;
  } catch {}
}

// What keeps the one from coming, such as a proxy that knows no wasm, may let the other pass.
async function plain(stub) {
  await stub.load(PLAIN);
  return stub.plain(imports);
}

export async function instantiate(stub) {
  wasm = (await compiled(stub)) || (await plain(stub));
}
