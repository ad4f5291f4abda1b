// All that is watched besides clicks and page views.
import { watchForms } from "./form.js";
import { left, watchLeave } from "./leave.js";
import { followed } from "./link.js";
import { clicked, watchEffects } from "./rage.js";
import { quiet } from "./seen.js";
import { tellRepeated, watchErrors } from "./trouble.js";
import { tellVitals, watchVitals } from "./vital.js";

export const watch = () =>
  [watchForms, watchLeave, watchEffects, watchErrors, watchVitals].forEach((run) => quiet(run)());

// What was counted is the present person's; somebody else comes next.
export const parting = () => [left, tellRepeated].forEach((run) => quiet(run)());

// The page is hidden, and may never run again.
export const hiding = () => [parting, tellVitals].forEach((run) => quiet(run)());

// Comes after the click is told.
export const afterClick = quiet((event, path, looks, facts, keys) => {
  followed(looks, facts);
  if (event.type === "click") clicked(event, path, looks, facts, keys);
});
