// The clicks of "click it in your app, name it here". The collector renders each line, escaped;
// here it is put on top, and its rules are asked for. While the list is paused, or somebody types
// a name into it, lines wait, so that nothing moves under the hand. Only the rules that came last
// are open; those before them are one line again, unless somebody has changed something in them.
import htmx from "htmx.org";

const LINES = 50;

const WORDS = {
  idle: "Waiting for your click",
  live: "Watching",
  paused: "Paused",
  lost: "Not connected, trying again",
};

export function mountPoint(root) {
  const place = root.querySelector("[data-point]");
  if (!place) return;
  const list = place.querySelector("ol");
  const [pause, more] = [root.querySelector("[data-pause]"), root.querySelector("[data-held]")];
  const held = [];
  const isPaused = () => pause.getAttribute("aria-pressed") === "true";
  const state = () => (isPaused() ? "paused" : list.childElementCount ? "live" : "idle");
  const isTyping = () => document.hasFocus() && list.contains(document.activeElement)
    && document.activeElement.matches("input");

  const count = () => {
    more.hidden = held.length === 0;
    more.textContent = `Show ${held.length} new ${held.length === 1 ? "click" : "clicks"}`;
  };
  const release = () => {
    held.splice(0).forEach((html) => show(place, list, html));
    count();
    tell(state());
  };
  const take = (html) => {
    if (isKnown(list, html)) return;
    held.push(html);
    if (isPaused() || isTyping()) count();
    else release();
  };

  list.addEventListener("htmx:afterSwap", (event) => {
    const isNewest = list.firstElementChild?.contains(event.target);
    if (event.target.matches(".point-rules") && isNewest) close(list, event.target);
  });

  const source = new EventSource(place.dataset.point);
  source.addEventListener("point", (event) => take(event.data));
  source.addEventListener("open", () => tell(state()));
  source.addEventListener("error", () => tell("lost"));
  window.addEventListener("pagehide", () => source.close());
  more.addEventListener("click", release);
  pause.addEventListener("click", () => {
    pause.setAttribute("aria-pressed", String(!isPaused()));
    pause.textContent = isPaused() ? "Go on" : "Pause";
    if (isPaused()) tell("paused");
    else release();
  });
}

function lineOf(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.firstElementChild;
}

function isKnown(list, html) {
  const line = lineOf(html);
  return !line || !!list.querySelector(`[data-id="${CSS.escape(line.dataset.id)}"]`);
}

function show(place, list, html) {
  const line = lineOf(html);
  if (isKnown(list, html)) return;
  place.querySelector("[data-empty]").hidden = true;
  line.classList.add("fresh");
  close(list, null);
  list.prepend(line);
  htmx.process(line);
  while (list.childElementCount > LINES) list.lastElementChild.remove();
}

// Closes all rules but one.
function close(list, open) {
  for (const rules of list.querySelectorAll(".point-rules")) {
    if (rules !== open && !isChanged(rules)) rules.replaceChildren();
  }
}

function isChanged(rules) {
  return [...rules.querySelectorAll("input")].some((input) =>
    input.type === "radio" ? input.checked !== input.defaultChecked : input.value !== input.defaultValue);
}

function tell(state) {
  const pulse = document.getElementById("pulse");
  if (pulse.dataset.state === state) return;
  pulse.dataset.state = state;
  pulse.querySelector("span").textContent = WORDS[state];
}
