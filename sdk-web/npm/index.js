// The SDK for applications that are built with a bundler. It holds no copy of the SDK: that comes
// from the collector, as with the script line, and so always fits it. Calls made before it is
// there are kept with their time. On a server, where there is no page, every call does nothing.

const isPage = () => typeof window === "object" && typeof document === "object";

// As many as the loader keeps.
const CALLS = 500;
const own = [];

// What is called before the loader is there. Two copies of this module share the first one's.
const early = () => (Array.isArray(window.sillage?.early) ? window.sillage.early : own);

const call = (name) => (...args) => {
  if (!isPage()) return;
  try {
    if (window.sillage?.track) window.sillage[name](...args);
    else if (early().length < CALLS) early().push([Date.now(), location.href, name, args]);
  } catch {}
};

export const track = call("track");
export const page = call("page");
export const identify = call("identify");
export const group = call("group");
export const reset = call("reset");
export const optIn = call("optIn");
export const optOut = call("optOut");
export const flush = call("flush");

export function init(writeKey, options) {
  if (!isPage()) return;
  try {
    const { collector, nonce, ...settings } = options ?? {};
    if (window.sillage?.track) window.sillage.init(writeKey, options);
    else if (!Array.isArray(window.sillage?.early)) begin(writeKey, collector, nonce, settings);
  } catch (error) {
    console.warn(`Sillage: init() did nothing: ${error}`);
  }
}

function begin(writeKey, collector, nonce, settings) {
  if (!collector) throw new Error("the address of the collector is missing");
  const base = new URL(`${collector}`.replace(/\/*$/, "/"), location.href).href;
  // A page that demands trusted types has to allow this one; the loader goes on with it.
  let policy;
  try {
    policy = window.trustedTypes?.createPolicy("sillage", {
      createScriptURL: (name) => base + name,
    });
  } catch {}
  // The load of the page, which comes before all that was called on it.
  own.unshift([own[0]?.[0] ?? Date.now(), location.href]);
  window.sillage = { early: own, policy };
  const script = document.createElement("script");
  for (const [name, value] of Object.entries({ ...settings, writeKey })) {
    if (value != null) script.dataset[name] = `${value}`;
  }
  script.async = true;
  script.nonce = nonce ?? document.querySelector("script[nonce]")?.nonce ?? "";
  script.src = policy ? policy.createScriptURL("sdk.js") : `${base}sdk.js`;
  (document.head ?? document.documentElement).append(script);
}
