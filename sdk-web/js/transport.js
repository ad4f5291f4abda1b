// Posts batches, and tells what came of it.
import { tell } from "./guard.js";

let address;

export function setAddress(url) {
  address = url;
}

export function post(key, attempt, body, isExit) {
  const answered = (...fields) => tell("answered", key, attempt, ...fields);
  const send = (compression, content) =>
    fetch(`${address}&c=${compression}`, {
      method: "POST",
      body: content,
      headers: { "Content-Type": "text/plain" },
      credentials: "omit",
      // The page may let its whole address be told.
      referrerPolicy: "origin",
      redirect: "error",
      cache: "no-store",
      keepalive: isExit,
      // A request that hangs would hold up the queue.
      signal: isExit ? undefined : AbortSignal.timeout?.(30_000),
    });
  const compressed = () =>
    new Response(new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"))).blob();
  const deliver = async () => {
    // Nothing that waits for the compression would leave a page that goes.
    const answer = await (isExit || !window.CompressionStream
      ? send("none", body)
      : send("gzip", await compressed()));
    const { results = [] } = answer.status === 202 ? await answer.json() : {};
    const retry = results.filter((event) => event.result === "retry").map((event) => event.i);
    const seconds = Number(answer.headers.get("Retry-After")) || 0;
    answered(answer.status, Math.round(seconds * 1000), ...retry);
  };
  deliver().catch(() => answered(0, 0));
}
