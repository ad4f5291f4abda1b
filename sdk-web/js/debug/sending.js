// What goes to the collector, read from the very requests, and what it answers.
import { attempt, say } from "./say.js";

const API = /\/v1\/(events|config)\?k=([^&]*)/;

// Nothing but the result of the page's own `fetch` is given back, whatever is made of it here.
export function watchSending() {
  const original = window.fetch;
  window.fetch = function (...args) {
    const result = original.apply(this, args);
    attempt(() => {
      const [, what, key] = API.exec(`${args[0]}`) ?? [];
      if (what === "events") result.then((answer) => told(answer, key), failed).catch(() => {});
      if (what === "config") result.then((answer) => answer.ok || refused(answer, key), failed).catch(() => {});
      if (what === "events") batch(args[1].body).catch(() => {});
    });
    return result;
  };
}

async function batch(body) {
  const isPacked = typeof body !== "string";
  const text = isPacked ? body.stream().pipeThrough(new DecompressionStream("gzip")) : body;
  const { events, elements = [], pages = [], context = {} } = await new Response(text).json();
  const who = context.user_id ? `the user “${context.user_id}”` : "a browser without a name";
  const bytes = isPacked ? `${body.size} bytes packed` : `${body.length} bytes, at once`;
  const lines = events.map((event) => line(event, elements, pages));
  say(`sends ${events.length} events of ${who} (${bytes}):\n${lines.join("\n")}`);
}

function line({ kind = "custom", name, element, page, properties }, elements, pages) {
  const { tag, name: label, test_id: id } = elements[element]?.chain[0] ?? {};
  const { host = "", path = "" } = pages[page] ?? {};
  const on = [tag, id, label && `“${label}”`].filter(Boolean).join(" ");
  const more = properties ? JSON.stringify(properties) : "";
  return `  ${[kind, name, on, `${host}${path}`, more].filter(Boolean).join(" · ")}`;
}

async function told(answer, key) {
  if (answer.status !== 202) return refused(answer, key);
  const { accepted, results = [] } = await answer.clone().json();
  const each = results.map(
    ({ i, result, reason = "", detail = "" }) => `  event ${i}: ${result} ${reason} ${detail}`,
  );
  say([`the collector has kept ${accepted} events`, ...each].join("\n"));
}

const advice = {
  401: (key) => `no project has the write key ${key}: copy the script line from Setup again`,
  404: () => "nothing is there: the address of the collector is wrong, or a proxy does not pass it on",
  413: () => "it was too much at once: it is sent again in halves",
  429: () => "too many requests: what waits is kept and sent again later",
  503: () => "the collector cannot keep anything just now: what waits is kept and sent again",
};

async function refused(answer, key) {
  const text = await answer.clone().text().catch(() => "");
  const why = advice[answer.status]?.(key) ?? "the collector or a proxy before it refuses";
  say(`the answer was ${answer.status}: ${why}\n  ${text.slice(0, 300)}`);
}

function failed() {
  say(
    "no answer: the collector cannot be reached, connect-src of the policy of this page lacks it, " +
      "or an extension of this browser blocks it. What waits is kept and sent again.",
  );
}
