// What of browser, person and script line stands in the way, in sentences.

// As `isOpposed` of `env.js` asks.
export function opposed() {
  if (navigator.globalPrivacyControl) return "Global Privacy Control";
  return /^(1|yes)$/.test(navigator.doNotTrack) ? "Do Not Track" : undefined;
}

export function isOptedOut(writeKey) {
  try {
    return /^\d+\nout/.test(localStorage.getItem(`sillage:${writeKey}:visitor`));
  } catch {
    return false;
  }
}

function isStorageDenied() {
  try {
    return !localStorage;
  } catch {
    return true;
  }
}

export function obstacles(script) {
  const { writeKey, wasm } = script.dataset;
  const signal = opposed();
  if (signal) return [`nothing is captured: this browser asks for that by ${signal}`];
  return [
    !writeKey && "nothing is captured before init(writeKey): the script line has no data-write-key",
    isOptedOut(writeKey) &&
      "nothing is captured: this person opted out; sillage.optIn() undoes that",
    document.prerendering && "nothing is captured yet: the page is only prepared, and not shown",
    isStorageDenied() && "storage is denied: what is not sent yet is lost with the page",
    navigator.webdriver &&
      "a program drives this browser (navigator.webdriver): its events are kept, but reports " +
        "leave them out unless Setup says “Count automated browsers”",
    wasm === "off" && 'plain JavaScript is asked for by data-wasm="off"',
  ].filter(Boolean);
}
