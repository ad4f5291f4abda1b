// Tidemark's script: Monitoring without page loads, dialogs, rows of a form and of a list, previews,
// the filter.
//
// In Monitoring a link or a form to another page of the module is fetched, its <main> replaces
// the one on screen, and the address follows by history.pushState. Everything also works
// without this script, by page loads.
"use strict";

const module_ = document.body.dataset.module;
const isInMonitoring = (url) =>
  module_ === "monitoring" && url.origin === location.origin && url.pathname.startsWith("/monitoring/");

/** Only the latest of several visits is shown. */
let latestVisit = 0;

/** Shows another page of the module. `isNew` puts it into the history. */
async function visit(url, request, isNew) {
  const thisVisit = ++latestVisit;
  let page;
  try {
    const response = await fetch(url, request);
    if (!isInMonitoring(new URL(response.url))) throw new Error("outside of the module");
    page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (thisVisit !== latestVisit) return;
    if (isNew && response.url !== location.href) history.pushState(null, "", response.url);
  } catch {
    location.assign(url);
    return;
  }
  document.title = page.title;
  document.getElementById("main").replaceWith(page.getElementById("main"));
  const here = page.querySelector(".nav [aria-current]")?.getAttribute("href");
  for (const link of document.querySelectorAll(".nav a")) {
    if (link.getAttribute("href") === here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (isNew) scrollTo(0, 0);
}

function followLink(event) {
  const link = event.target.closest("a[href]");
  const isPlain = !event.defaultPrevented && event.button === 0
    && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !isPlain || !isInMonitoring(new URL(link.href))) return;
  event.preventDefault();
  visit(link.href, {}, true);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-closes]")) form.closest("dialog").close();
  if (!isInMonitoring(new URL(form.action))) return;
  event.preventDefault();
  visit(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) }, true);
});

addEventListener("popstate", () => {
  if (isInMonitoring(location)) visit(location.href, {}, false);
});

document.addEventListener("click", (event) => {
  const { target } = event;
  const opener = target.closest("[data-open]");
  if (opener) document.getElementById(opener.dataset.open).showModal();
  if (target.closest("[data-close]")) target.closest("dialog").close();
  const adder = target.closest("[data-add-row]");
  if (adder) {
    const rows = document.getElementById(adder.dataset.to);
    rows.append(document.getElementById(adder.dataset.addRow).content.cloneNode(true));
    rows.lastElementChild.querySelector("input").focus();
  }
  target.closest("[data-remove-row]")?.closest("li").remove();
  const submitter = target.closest("[data-submit]");
  if (submitter) document.getElementById(submitter.dataset.submit).requestSubmit();
  const row = target.closest("tr[data-href]");
  if (row && !target.closest("a, button, form")) location.assign(row.dataset.href);
  followLink(event);
});

// What is no button or link by itself is used with the keyboard as if it were.
document.addEventListener("keydown", (event) => {
  const isMeant = event.target.matches("tr[data-href]") || event.target.matches("[data-submit]");
  if (!isMeant || (event.key !== "Enter" && event.key !== " ")) return;
  event.preventDefault();
  event.target.click();
});

/** Shows what the fields of a form describe, as the page of the address with these fields has it. */
async function preview(form) {
  const fields = new URLSearchParams(new FormData(form));
  const request = (form.latest = fields.toString());
  const response = await fetch(`${form.dataset.preview}?${request}`);
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  // A later change has been made while this one was on its way.
  if (form.latest === request) document.getElementById("preview").replaceWith(page.getElementById("preview"));
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-preview]");
  // A preview that does not come leaves the one before.
  if (form && event.target.name !== "name") preview(form).catch(() => {});
});

// On a phone the entries of the navigation stand in a row that is wider than the screen.
document.querySelector(".nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

for (const dialog of document.querySelectorAll("dialog[data-open-now]")) dialog.showModal();

document.addEventListener("input", (event) => {
  const list = document.getElementById(event.target.dataset.filter ?? "");
  const wanted = event.target.value.trim().toLowerCase();
  for (const item of list?.children ?? []) item.hidden = !item.textContent.toLowerCase().includes(wanted);
});
