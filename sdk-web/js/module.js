// The way into the WebAssembly module and out of it, in the place of the glue that wasm-bindgen
// writes, which allows for much that does not occur here and is a tenth of the scripts. Texts are
// copied across: a pointer and a length. Those that go in are freed by the module.
//
// Where WebAssembly is missing or the page's policy refuses it, the same module comes as plain
// JavaScript (`crates/xtask/src/sdk/twin.rs`), which takes and gives the same.
import { warn } from "./guard.js";
import { forget, forgetAll, mark, REFUSED, save } from "./storage.js";
import { wakeIn, whenIdle } from "./timer.js";
import { post } from "./transport.js";

let wasm;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

// The memory grows, and is another buffer then.
const memory = () => new Uint8Array(wasm.memory.buffer);

const read = (at, length) => decoder.decode(memory().subarray(at, at + length));

function write(text) {
  const bytes = encoder.encode(text);
  const at = wasm.__wbindgen_malloc(bytes.length, 1);
  memory().set(bytes, at);
  return [at, bytes.length];
}

// What the module calls, under the names that wasm-bindgen gives it.
const imports = {
  "./sdk_web_bg.js": {
    __wbg_forget: (...key) => forget(read(...key)),
    __wbg_post: (key, keyLength, attempt, body, bodyLength, isExit) =>
      post(read(key, keyLength), attempt, read(body, bodyLength), !!isExit),
    __wbg_save: (key, keyLength, ...text) => save(read(key, keyLength), read(...text)),
    __wbg_warn: (...text) => warn(read(...text)),
  },
  // What carries no text is called as it is.
  "./module.js": { forgetAll, wakeIn, whenIdle },
};

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

// These are `start` and `tell` of `sdk-web/src/lib.rs`.
export const start = (...texts) => wasm.start(Date.now(), ...texts.flatMap(write));
export const tell = (at, message) => wasm.tell(at, ...write(message));
