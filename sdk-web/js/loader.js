// The script line loads this stub. It keeps what happens until the module is ready to take it:
// calls of the interface, and clicks with the elements they went through, which the browser
// tells only while the click is under way. It must stay under 1 kB, and must not throw.
try {
  const script = document.currentScript;
  // An element with this id would be found under this name, too; and the npm package, whose page
  // may run long before this does.
  const before = window.sillage;
  if (script instanceof HTMLScriptElement && !before?.track) {
    const early = before?.early ?? [[Date.now(), location.href]];
    const note = (name, args) => {
      try {
        if (name === "click") args = [args.composedPath()];
        if (early.length < 500) early.push([Date.now(), location.href, name, args]);
      } catch {}
    };
    const click = (event) => note("click", event);
    const stop = () => {
      try {
        removeEventListener("click", click, true);
      } catch {}
    };
    const base = new URL(".", script.src).href;
    // Where the page demands trusted types. All that it vouches for lies beside this script.
    let { policy } = before ?? {};
    try {
      policy ??= trustedTypes.createPolicy("sillage", { createScriptURL: (name) => base + name });
    } catch {}
    const load = (name) =>
      new Promise((done, fail) => {
        const it = document.createElement("script");
        it.src = policy ? policy.createScriptURL(name) : base + name;
        it.async = true;
        it.nonce = script.nonce;
        it.referrerPolicy = "origin";
        it.onload = done;
        it.onerror = () => fail(name);
        (document.head || document.documentElement).append(it);
      });
    window.sillage = { _: { script, early, stop, base, load } };
    for (const name of "init track page identify group reset optIn optOut flush".split(" ")) {
      window.sillage[name] = (...args) => {
        note(name, args);
      };
    }
    addEventListener("click", click, true);
    load(MODULE).catch(stop);
  }
} catch {}
