// Says in the console what is captured and sent, and what is not, and why: for the engineer who
// puts the line into a page. Loaded only where `?sillage=debug` stands in the address, and from
// then on in the tab, until `?sillage=off`. It looks and changes nothing; a fault of it is its own.
import { reasonOf, sayClick } from "./debug/click.js";
import { isOptedOut, obstacles, opposed } from "./debug/state.js";
import { watchSending } from "./debug/sending.js";
import { attempt, say } from "./debug/say.js";

const stub = window.sillage._;
const { ear, script, base } = stub;
const isOff = /[?&]sillage=off/.test(location.search);

// The words of `crates/capture/src/input.rs` that mean something to a person.
const words = {
  navigated: ([host, path]) => `this page is ${host}${path}`,
  looked: ([version, ...rules]) => {
    const told = { "\t": "not allowed by data-identity", "\n": "no text", "": "nothing there" };
    const each = rules.map((value, n) => (n % 2 ? (told[value] ?? `“${value}”`) : value));
    return `the identity rules of version ${version} give ${each.join(" ")}`;
  },
  hidden: () => "the page is hidden or left: what waits is sent at once",
  optOut: () => "opted out: nothing is captured any more, and what was stored is deleted",
};
const silent = ["start", "quiet", "wake", "visitor", "back", "kept", "unwanted", "answered"];

let hasHeard = false;

function hear([word, ...fields]) {
  if (!hasHeard) {
    hasHeard = true;
    say(stub.plain ? "runs as plain JavaScript" : "runs as WebAssembly");
  }
  if (silent.includes(word)) return;
  if (word === "seen") {
    const [kind, ...rest] = fields;
    const facts = `${rest.pop()}`;
    if (kind === "click") under.facts = facts;
    else say(`${kind}: ${rest.filter(Boolean).join(" · ") || "on the element of the click before"}`);
    return;
  }
  say(words[word]?.(fields) ?? `${word}: ${fields.filter(Boolean).join(" · ") || "done"}`);
}

// What was told of the click that is under way. One on a label has another within it.
let under = {};

// This listener comes before that of the SDK; when the event is over, that has told what it tells.
function onClick(event) {
  const path = event.composedPath();
  const click = (under = {});
  setTimeout(() => {
    attempt(() => {
      if (click.facts) sayClick(click.facts, path, script);
      else say(`a click is not captured: ${reasonOf(path, script, hasHeard)}`);
    });
  });
}

function onViolation({ effectiveDirective, blockedURI }) {
  const of = "the content security policy of this page";
  if (/^wasm/.test(blockedURI)) {
    say(
      `${of} lacks 'wasm-unsafe-eval': the SDK runs as plain JavaScript instead, and nothing is ` +
        'lost. data-wasm="off" in the script line keeps the browser from reporting it.',
    );
  } else if (`${blockedURI}`.startsWith(base)) {
    say(`${of} refuses ${blockedURI}: add ${new URL(base).origin} to its ${effectiveDirective}`);
  }
}

function begin() {
  const { writeKey } = script.dataset;
  say("tells here what it does, on this page and the next ones of this tab; ?sillage=off ends it");
  say(`loaded from ${script.src}, ${writeKey ? `with the write key ${writeKey}` : "without a key"}`);
  obstacles(script).forEach((sentence) => say(sentence));
  document.addEventListener("securitypolicyviolation", (event) => attempt(() => onViolation(event)));
  addEventListener("click", (event) => attempt(() => onClick(event)), { capture: true, passive: true });
  watchSending();
  ear.hear = (fields) => attempt(() => hear(fields));
  setTimeout(() => {
    if (hasHeard || opposed() || !writeKey) return;
    say("nothing has begun for ten seconds: the module did not load; the console says above why");
  }, 10_000);
}

attempt(() => {
  if (isOff) {
    sessionStorage.removeItem("sillage:debug");
    say("tells nothing any more");
    return;
  }
  begin();
  // Nothing is stored where the person objects; there the address has to ask on each page.
  if (!opposed() && !isOptedOut(script.dataset.writeKey)) sessionStorage.setItem("sillage:debug", "1");
});
