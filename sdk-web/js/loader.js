// The script line loads this stub. It keeps what happens until the module is ready to take it:
// calls of the interface, and clicks with the elements they went through, which the browser
// tells only while the click is under way. It must stay under 1 kB, and must not throw.
try {
  const script = document.currentScript;
  // An element with this id would be found under this name, too.
  if (script instanceof HTMLScriptElement && !window.sillage?.track) {
    const early = [[Date.now(), location.href]];
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
    window.sillage = { _: { script, early, stop } };
    for (const name of "init track page identify group reset optIn optOut flush".split(" ")) {
      window.sillage[name] = (...args) => {
        note(name, args);
      };
    }
    addEventListener("click", click, true);

    const module = document.createElement("script");
    module.src = new URL(MODULE, script.src);
    module.async = true;
    module.nonce = script.nonce;
    module.onerror = stop;
    (document.head || document.documentElement).append(module);
  }
} catch {}
