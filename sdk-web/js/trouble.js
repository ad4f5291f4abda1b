// JavaScript errors of the page, never our own.
import { told } from "./mask.js";
import { failed } from "./rage.js";
import { on, seen } from "./seen.js";

// Different ones that are told of one page load.
const MOST = 10;
const own = document.currentScript?.src;
const known = new Map();

// Of addresses, also of those without a host, and of queries that stand alone.
const withoutQueries = (text) =>
  text
    .replace(/(\/[^\s?#'"<>]*)[?#][^\s'"<>]*/g, "$1")
    .replace(/[?&#][\w.%[\]-]+=[^\s'"<>]*/g, "");
const message = (text) => (typeof text === "string" ? told(withoutQueries(text)) : "");
const place = (address) => withoutQueries(address).replace(/^\w+:\/\/([^/]*@)?/, "");

function note(text, error, script, line, column) {
  // An extension's error is not the page's.
  if (script && (script === own || !/^http/.test(script))) return;
  failed();
  const key = [text, script, line, column].join();
  const before = known.get(key);
  if (before) return void before.times++;
  if (known.size >= MOST) return;
  const it = { message: message(text), type: error?.name, script: place(script ?? ""), line, column };
  known.set(key, { it, times: 0 });
  seen("error", "", it);
}

export function watchErrors() {
  on(window, "error", (event) => {
    // What could not be loaded comes here, too, and says nothing.
    if (!(event instanceof ErrorEvent)) return;
    const { error, filename, lineno, colno } = event;
    note(event.message, error, filename, lineno || "", colno || "");
  });
  on(window, "unhandledrejection", ({ reason }) => {
    const [, ...where] = /(https?:\S+?):(\d+):(\d+)/.exec(reason?.stack) ?? [];
    note(reason?.message ?? reason, reason, ...where);
  });
}

// Those that came again.
export function tellRepeated() {
  for (const entry of known.values()) {
    if (entry.times) seen("error", "", { ...entry.it, times: entry.times });
    entry.times = 0;
  }
}
