// How fast the page was, by the standard definitions, told once: when it is hidden first. What is
// opened in the background says nothing of that.
import { quiet, seen } from "./seen.js";

// Up to the first it is good, above the second it is poor.
const LIMITS = {
  LCP: [2500, 4000],
  INP: [200, 500],
  CLS: [0.1, 0.25],
  FCP: [1800, 3000],
  TTFB: [800, 1800],
};

const values = {};
const ends = [];
// The duration of each slow interaction by its id.
const interactions = {};
let path;

function observe(type, take, options) {
  const each = quiet((entries) => entries.forEach(take));
  const observer = new PerformanceObserver((list) => each(list.getEntries()));
  observer.observe({ type, buffered: true, ...options });
  ends.push(() => {
    each(observer.takeRecords());
    observer.disconnect();
  });
}

export function watchVitals() {
  if (document.hidden) return;
  path = location.pathname;
  // A page that was prepared beforehand begins when it is shown.
  let begin = 0;
  const note = (name, ms) => (values[name] = Math.max(ms - begin, 0));
  observe("navigation", (entry) => {
    begin = entry.activationStart | 0;
    note("TTFB", entry.responseStart);
  });
  observe("paint", (entry) => /^first-c/.test(entry.name) && note("FCP", entry.startTime));
  observe("event", interaction, { durationThreshold: 40 });
  observe("first-input", interaction);
  observe("largest-contentful-paint", (entry) => note("LCP", entry.startTime));

  // Shifts less than a second apart, of five seconds at most, are added up; the worst sum counts.
  let sum, first, last;
  observe("layout-shift", ({ hadRecentInput, startTime, value }) => {
    if (hadRecentInput) return;
    // Compared with nothing, each begins.
    if (!(startTime - last < 1000 && startTime - first < 5000)) {
      first = startTime;
      sum = 0;
    }
    last = startTime;
    sum += value;
    values.CLS = Math.max(values.CLS, sum);
  });
  if (PerformanceObserver.supportedEntryTypes.includes("layout-shift")) values.CLS = 0;
}

function interaction({ interactionId, duration }) {
  if (interactionId) {
    interactions[interactionId] = Math.max(interactions[interactionId] | 0, duration);
  }
}

export function tellVitals() {
  ends.splice(0).forEach((end) => end());
  // Of each fifty the worst one is let go: the 98th percentile.
  const worst = Object.values(interactions).sort((a, b) => b - a);
  const n = (performance.interactionCount ?? worst.length) / 50;
  values.INP = worst[Math.min(Math.floor(n), worst.length - 1)];
  for (const name in LIMITS) {
    if (path && values[name] >= 0) {
      const value = +values[name].toFixed(name === "CLS" ? 4 : 0);
      const [good, poor] = LIMITS[name];
      const rating = value <= good ? "good" : value <= poor ? "needs_improvement" : "poor";
      const loaded = location.pathname === path ? "" : path;
      seen("web_vital", "", { name, value, rating, loaded });
    }
  }
  path = 0;
}
