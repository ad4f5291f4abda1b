// Posts batches, and tells what came of it.
import { tell } from "./guard.js";
import { isTextOff } from "./mask.js";
import { isOptedOut, kept, save } from "./storage.js";

let address;

export function setAddress(url) {
  address = url;
}

const send = (url, body, isExit) =>
  fetch(url, {
    method: "POST",
    body,
    headers: { "Content-Type": "text/plain" },
    credentials: "omit",
    // The page may let its whole address be told.
    referrerPolicy: "origin",
    redirect: "error",
    cache: "no-store",
    keepalive: !!isExit,
    // A request that hangs would hold up the queue.
    signal: isExit ? undefined : AbortSignal.timeout?.(30_000),
  });

export async function post(key, attempt, isExit, body) {
  const answered = (...fields) => tell("answered", key, attempt, ...fields);
  const compressed = () =>
    new Response(new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"))).blob();
  try {
    // What is kept is not tried, and has not arrived.
    if (navigator.onLine === false) return answered(429, 0);
    // Nothing that waits for the compression would leave a page that goes.
    const answer = await (isExit || !window.CompressionStream
      ? send(`${address}&c=none`, body, isExit)
      : send(`${address}&c=gzip`, await compressed()));
    const { results = [] } = answer.status === 202 ? await answer.json() : {};
    const retry = results.filter((event) => event.result === "retry").map((event) => event.i);
    const seconds = Number(answer.headers.get("Retry-After")) || 0;
    answered(answer.status, Math.round(seconds * 1000), ...retry);
  } catch {
    answered(0, 0);
  }
}

// Tells the collector what has switched the SDK off, on this page and for the first time today: the
// word that was told, and what went wrong, without words that may be anybody's.
export async function report(word, error) {
  try {
    const day = `${Math.floor(Date.now() / 86_400_000)}`;
    if (!address || isOptedOut() || kept("trouble") === day) return;
    save("trouble", day);
    const why = `${isTextOff() ? error.name : error}`.slice(0, 300).replace(/\S*(@|\d{4}|\S{20})\S*/g, "…");
    const body = `sillage-web/${VERSION}\n${word}\n${why}`;
    await send(address.replace("events?", "trouble?"), body, true);
  } catch {}
}
