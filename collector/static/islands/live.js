// The stream of events on the Setup page. The collector renders each line, escaped; here it is
// put on top of the list, which keeps its height, so that nothing on the page moves.

const LINES = 100;

export function mountLive(root) {
  const stream = root.querySelector("[data-live]");
  if (!stream) return;
  const list = stream.querySelector("ol");
  const source = new EventSource(stream.dataset.live);
  source.addEventListener("line", (event) => show(stream, list, event.data));
  source.addEventListener("open", () => tell(list.childElementCount ? "live" : "idle"));
  source.addEventListener("error", () => tell("lost"));
  window.addEventListener("pagehide", () => source.close());
}

const WORDS = {
  idle: "Waiting for the first event",
  live: "Events are arriving",
  lost: "Not connected, trying again",
};

function tell(state) {
  const pulse = document.getElementById("pulse");
  if (!pulse || pulse.dataset.state === state) return;
  pulse.dataset.state = state;
  pulse.querySelector("span").textContent = WORDS[state];
}

function show(stream, list, html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const line = holder.content.firstElementChild;
  if (!line || list.querySelector(`[data-id="${CSS.escape(line.dataset.id)}"]`)) return;
  document.getElementById("stream-empty")?.remove();
  line.classList.add("fresh");
  // Somebody who has scrolled down reads on; the browser would move the text under the eye.
  const before = stream.scrollTop > 0 ? stream.scrollHeight : 0;
  list.prepend(line);
  if (before) stream.scrollTop += stream.scrollHeight - before;
  while (list.childElementCount > LINES) list.lastElementChild.remove();
  tell("live");
}
