// Links that lead to a file, or out of the product.
import { LINK } from "./element.js";
import { isMasked } from "./mask.js";
import { seen } from "./seen.js";

const FILE =
  /\.(pdf|docx?|xlsx?|pptx?|od[tsp]|csv|tsv|txt|rtf|epub|ics|zip|rar|7z|t?gz|tar|exe|msi|dmg|pkg|deb|rpm|apk|iso|mp[34]|m4a|mov|avi|mkv|wav)$/i;

export function followed(looks, facts) {
  const it = looks.find((it) => it.is & LINK);
  if (!it) return;
  const link = it.node;
  const { pathname } = link;
  const host = isMasked(link) ? "" : link.host;
  const name = it.its.download;
  const isWeb = /^http/.test(link.protocol);
  const extension = FILE.exec(name || (isWeb ? pathname : ""))?.[1].toLowerCase();
  if (extension || name != null) seen("download", facts, { host, extension });
  else if (isWeb && link.host !== location.host) seen("outbound", facts, { host });
}
