// Starts the WebAssembly module and takes over from the stub: first what it kept, in order, then
// the interface itself. Bundled with all the other scripts into `sdk/<hash>.js`.
import { describe, listen } from "./dom.js";
import { environment, isOpposed } from "./env.js";
import * as identity from "./identity.js";
import { ear, FIELD, guard, off, tell, tellAt, warn } from "./guard.js";
import * as mask from "./mask.js";
import { parting } from "./more.js";
import { instantiate } from "./module.js";
import { lookAt } from "./seen.js";
import * as storage from "./storage.js";
import { setAddress } from "./transport.js";

const stub = window.sillage._;

const text = (value) => `${value ?? ""}`.replaceAll(FIELD, " ");

// Keys and values in turn; values as `protocol::Properties` describes them.
const flat = (properties) =>
  Object.entries(properties ?? {}).flatMap(([key, value]) => {
    const json = typeof value === "string" ? value : JSON.stringify(value);
    return !key || json === undefined || json === "null" ? [] : [text(key), text(json)];
  });

const named = (name, properties) => [text(name), ...flat(properties)];
const bare = () => [];

// What the page says, as fields of a message.
const fields = {
  track: named,
  page: flat,
  identify: named,
  group: named,
  reset: bare,
  optIn: bare,
  optOut: bare,
  flush: bare,
};

// A click as it is kept for the next page is described already.
const described = ([path]) => [typeof path === "string" ? path : `${describe(lookAt(path)) ?? ""}`];

// Reading a value of the page runs the page's code. What that breaks is this one call.
const say = (at, name, args) => {
  try {
    if (name === "reset") parting();
    tellAt(at, name, ...fields[name](...args));
  } catch {
    warn(`${name}() dropped, a value cannot be read`);
  }
};

// A call without a name is the load of the page.
const replay = guard(([at, href, name, args]) => {
  const { host, pathname } = new URL(href);
  tellAt(at, "navigated", host, pathname);
  if (name === "click") {
    const [facts] = described(args);
    if (facts) tellAt(at, "seen", name, "", facts);
  }
  if (name in fields) say(at, name, args);
});

// The key stands in the script line, or comes by `init(key, options)`.
const begin = guard((writeKey, options) => {
  isWaiting = false;
  const { dataset } = stub.script;
  const collector = options?.collector ?? dataset.collector ?? stub.base;
  const isQuiet = isOpposed();
  stub.stop();
  if (!isQuiet) {
    storage.open(writeKey);
    mask.open({ ...dataset, ...options });
    const api = `${`${collector}`.replace(/\/$/, "")}/v1/`;
    setAddress(`${api}events?k=${writeKey}`);
    tell("start", storage.visitor(), ...environment(options?.appVersion ?? dataset.appVersion));
    identity.open(`${api}config?k=${writeKey}`, options?.identity ?? dataset.identity);
    stub.early.forEach(replay);
    replay([Date.now(), location.href]);
    listen();
    // Soon the page before has let go of what it left, and later surely.
    for (const ms of [300, 5_000]) setTimeout(storage.reclaim, ms);
  }
  // A frozen interface stays as it is.
  try {
    const { sillage } = window;
    for (const name of Object.keys(fields)) {
      sillage[name] = (...args) => {
        if (!isQuiet) say(Date.now(), name, args);
      };
    }
    sillage.init = () => {};
    delete sillage._;
  } catch {}
});

const isUnwanted = () => isOpposed() || storage.isOptedOut();

// A page that goes before the module is ready leaves what happened to the next one of the tab.
// It may come back as it was, so it keeps nothing of that.
let isWaiting = true;
const leave = guard(() => {
  if (!isWaiting || !stub.script.dataset.writeKey || isUnwanted()) return;
  mask.open(stub.script.dataset);
  // The stub goes on with the same list.
  const early = stub.early.splice(0);
  storage.leave(
    early.map(([at, href, name, args]) => [at, href, name, name === "click" ? described(args) : args]),
  );
});

// `?sillage=debug` in the address, and from then on in the tab. Where the person objects, storage
// is not read.
async function debug() {
  if (!/[?&]sillage=debug/.test(location.search) && (isOpposed() || !storage.mark(storage.TOLD))) return;
  stub.ear = ear;
  await stub.load(DEBUG).catch(() => {});
}

async function load() {
  await debug();
  // Where the person objects, nothing more is needed.
  if (!isOpposed()) await instantiate(stub);
  // A page that is only prepared has nobody in front of it.
  if (document.prerendering) {
    await new Promise((done) =>
      document.addEventListener("prerenderingchange", done, { once: true }),
    );
  }
  const { writeKey } = stub.script.dataset;
  const known = stub.early.find(([, , name]) => name === "init");
  if (writeKey) begin(writeKey);
  else if (known) begin(...known[3]);
  else window.sillage.init = (...args) => begin(...args);
}

guard(() => {
  storage.open(stub.script.dataset.writeKey);
  // Storage is not even read where the person objects.
  if (!isOpposed()) {
    const left = storage.left();
    // What was done before an opt-out is never told, not even after an opt-in.
    if (!storage.isOptedOut()) stub.early.unshift(...left);
  }
  addEventListener("pagehide", leave);
})();
load().catch((error) => {
  isWaiting = false;
  stub.stop();
  off(error);
});
