// What the browser says of itself.
import { pairs, plain } from "./guard.js";
import { owner } from "./storage.js";

// The person's wishes as the browser tells them, asked here alone, and before anything else.
export const isOpposed = () =>
  navigator.globalPrivacyControl || /^(1|yes)$/.test(navigator.doNotTrack);

// The facts of this page load, in the order that `capture::Tracker` reads them.
export function environment(appVersion) {
  const query = new URLSearchParams(location.search);
  return [
    randomText(20),
    owner,
    document.referrer,
    query.get("utm_source"),
    query.get("utm_medium"),
    query.get("utm_campaign"),
    navigator.webdriver && 1,
    ...pairs({
      language: navigator.language,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      screen: `${screen.width}x${screen.height}`,
      app_version: appVersion || document.querySelector('meta[name="app-version"]')?.content,
    }),
  ].map(plain);
}

// Letters and signs from 64 of them, none of which separates anything.
export function randomText(length) {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return String.fromCharCode(...bytes.map((byte) => 48 + (byte & 63)));
}
