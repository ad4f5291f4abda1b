// What the browser says of itself.
import { FIELD, plain } from "./guard.js";
import { owner } from "./storage.js";

// The person's wishes as the browser tells them, asked here alone, and before anything else.
export const isOpposed = () =>
  navigator.globalPrivacyControl || /^(1|yes)$/.test(navigator.doNotTrack);

// The facts of this page load, in the order that `sdk-web/src/shell.rs` reads them.
export function environment(appVersion) {
  const query = new URLSearchParams(location.search);
  return [
    randomText(32),
    owner,
    document.referrer,
    query.get("utm_source"),
    query.get("utm_medium"),
    query.get("utm_campaign"),
    navigator.language,
    Intl.DateTimeFormat().resolvedOptions().timeZone,
    `${screen.width}x${screen.height}`,
    `${appVersion || document.querySelector('meta[name="app-version"]')?.content || ""}`,
    navigator.webdriver ? "1" : "",
  ]
    .map(plain)
    .join(FIELD);
}

// Letters and signs from 64 of them, none of which separates anything.
export function randomText(length) {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return String.fromCharCode(...bytes.map((byte) => 48 + (byte & 63)));
}
