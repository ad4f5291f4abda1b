// The script of every page. Each island finds its own elements by a data attribute, and nothing
// here is needed to use the dashboard: without script the same forms and links do the same.
import "htmx.org";
import { mountAll } from "./islands/all.js";
import { mountCopy } from "./islands/copy.js";
import { mountDismiss } from "./islands/dismiss.js";
import { mountFilter } from "./islands/filter.js";
import { mountLive } from "./islands/live.js";
import { mountPoint } from "./islands/point.js";
import { mountSubmit } from "./islands/submit.js";
import { mountSwap } from "./islands/swap.js";

mountAll(document);
mountCopy(document);
mountDismiss(document);
mountFilter(document);
mountSubmit(document);
mountSwap(document);
mountLive(document);
mountPoint(document);
