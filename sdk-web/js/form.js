// What people do with forms: that one was submitted and which fields were filled, that a field
// was changed; never with what or to what.
import { describe } from "./dom.js";
import { attribute, getter, is } from "./element.js";
import { isMasked } from "./mask.js";
import { listen, lookAt, on, pathOf, quiet, seen } from "./seen.js";

const elementsOf = getter("elements", HTMLFormElement);

const isFilled = (field) =>
  is(field, "[type=checkbox],[type=radio]") ? field.checked : field.value;
const isAsked = (field) =>
  is(field, "input:not([type=hidden],[type=submit],[type=button]),select,textarea");

const told = quiet((event) => {
  const [target] = event.composedPath();
  const facts = describe(lookAt(pathOf(target)));
  // What a script makes up is nothing that somebody does.
  if (!facts || !event.isTrusted) return;
  if (event.type === "change") return seen("change", facts);
  const isTold = (field) => isAsked(field) && isFilled(field) && !isMasked(field);
  const fields = [...elementsOf(target)].filter(isTold);
  const names = fields.map((field) => attribute(field, "name"));
  seen("submit", facts, { filled: [...new Set(names)].filter(Boolean).join() });
});

const watch = (root) => listen(root, "submit change", told);

export function watchForms() {
  watch(window);
  // Neither event leaves a shadow root, so one is watched from when somebody gets there.
  on(window, "focusin pointerdown", (event) => {
    event.composedPath().forEach((node) => node instanceof ShadowRoot && watch(node));
  });
  on(window, "copy", () => seen("copy", "", { length: `${getSelection()}`.length }));
}
