// Links that lead to a file, or out of the product.
import { attribute } from "./element.js";
import { isMasked } from "./mask.js";
import { nearest } from "./rage.js";
import { seen } from "./seen.js";

const FILE =
  /\.(pdf|docx?|xlsx?|pptx?|od[tsp]|csv|tsv|txt|rtf|epub|ics|zip|rar|7z|t?gz|tar|exe|msi|dmg|pkg|deb|rpm|apk|iso|mp[34]|m4a|mov|avi|mkv|wav)$/i;

export function followed(path, facts) {
  const link = nearest(path, "a[href],area[href]");
  if (!link) return;
  const { pathname } = link;
  const host = isMasked(link) ? "" : link.host;
  const name = attribute(link, "download");
  const isWeb = /^http/.test(link.protocol);
  const extension = FILE.exec(name || (isWeb ? pathname : ""))?.[1].toLowerCase();
  if (extension || name !== null) seen("download", facts, { host, extension });
  else if (isWeb && link.host !== location.host) seen("outbound", facts, { host });
}
