// What the types of the package allow compiles, and what they refuse does not.
import {
  flush,
  group,
  identify,
  init,
  optIn,
  optOut,
  page,
  reset,
  track,
  type Options,
  type Properties,
} from "@sillage/web";

const options: Options = { collector: "/metrics", appVersion: "4.2", nonce: "n-1", identity: "meta" };
const properties: Properties = { rows: 120, tags: ["a"], nested: { deep: true }, none: null };
init("wk_1", options);
track("exported");
track("exported", properties);
page({ section: "billing" });
identify("user-7", { plan: "team" });
group("acme");
reset();
optIn();
optOut();
flush();
window.sillage.track("exported", properties);

// @ts-expect-error the collector is not known by itself
init("wk_1");
// @ts-expect-error nor by other options
init("wk_1", { appVersion: "4.2" });
// @ts-expect-error an option that there is not
init("wk_1", { collector: "/", appVerison: "4.2" });
// @ts-expect-error an event has a name
track();
// @ts-expect-error which is text
track(7);
// @ts-expect-error properties have names
track("exported", ["a"] as string[] & number);
// @ts-expect-error an id is text
identify(42);
// @ts-expect-error nothing is returned
const result: string = track("exported");
// @ts-expect-error nothing is expected
reset("user-7");
void result;
