// How fast the page was, by the standard definitions, told once: when it is hidden first. What is
// opened in the background says nothing of that.
import { quiet, seen } from "./seen.js";

const LIMITS = {
  LCP: [2500, 4000],
  INP: [200, 500],
  CLS: [0.1, 0.25],
  FCP: [1800, 3000],
  TTFB: [800, 1800],
};

const values = {};
let pull = [];
let path;

function observe(type, take, options) {
  quiet(() => {
    const each = quiet((entries) => entries.forEach(take));
    const observer = new PerformanceObserver((list) => each(list.getEntries()));
    observer.observe({ type, buffered: true, ...options });
    pull.push(() => each(observer.takeRecords()));
  })();
}

export function watchVitals() {
  if (document.visibilityState !== "visible") return;
  path = location.pathname;
  // A page that was prepared beforehand begins when it is shown.
  let begin = 0;
  const since = (ms) => Math.max(ms - begin, 0);
  observe("navigation", (entry) => {
    begin = entry.activationStart ?? 0;
    values.TTFB = since(entry.responseStart);
  });
  observe("paint", (entry) => {
    if (entry.name === "first-contentful-paint") values.FCP = since(entry.startTime);
  });
  observe("largest-contentful-paint", (entry) => {
    values.LCP = since(entry.startTime);
  });

  // Shifts less than a second apart, of five seconds at most, are added up; the worst counts.
  let sum = 0;
  let first = -Infinity;
  let previous = -Infinity;
  observe("layout-shift", ({ hadRecentInput, startTime, value }) => {
    values.CLS ??= 0;
    if (hadRecentInput) return;
    const goesOn = startTime - previous < 1000 && startTime - first < 5000;
    if (!goesOn) {
      first = startTime;
      sum = 0;
    }
    previous = startTime;
    sum += value;
    values.CLS = Math.max(values.CLS, sum);
  });
  if (PerformanceObserver.supportedEntryTypes?.includes("layout-shift")) values.CLS = 0;

  // Of each fifty interactions the worst one is let go: the 98th percentile.
  const longest = new Map();
  let n = 0;
  const interaction = ({ interactionId: id, duration }) => {
    if (!id) return;
    if (!longest.has(id)) n++;
    longest.set(id, Math.max(longest.get(id) ?? 0, duration));
    const sorted = [...longest].sort(([, a], [, b]) => b - a);
    sorted.slice(10).forEach(([id]) => longest.delete(id));
    const all = performance.interactionCount ?? n;
    values.INP = sorted[Math.min(sorted.length, 10, Math.floor(all / 50) + 1) - 1][1];
  };
  observe("first-input", interaction);
  observe("event", interaction, { durationThreshold: 40 });
}

export function tellVitals() {
  pull.forEach((run) => run());
  pull = [];
  for (const name in values) {
    const value = +values[name].toFixed(name === "CLS" ? 4 : 0);
    const [good, poor] = LIMITS[name];
    const rating = value <= good ? "good" : value <= poor ? "needs_improvement" : "poor";
    const loaded = location.pathname === path ? "" : path;
    seen("web_vital", "", { name, value: `${value}`, rating, loaded });
    delete values[name];
  }
}
