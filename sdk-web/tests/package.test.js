// The npm package as it is installed: on a server it does nothing, in a page what the loader needs.
import assert from "node:assert/strict";
import { test } from "node:test";

const calls = ["track", "page", "identify", "group", "reset", "optIn", "optOut", "flush"];

test("on a server nothing happens and nothing throws", async () => {
  const before = Reflect.ownKeys(globalThis);
  const sillage = await import("@sillage/web");
  assert.deepEqual(Object.keys(sillage).sort(), [...calls, "init"].sort());
  assert.equal(sillage.init("wk_1", { collector: "https://collector.example" }), undefined);
  assert.equal(sillage.init(), undefined);
  for (const call of calls) assert.equal(sillage[call]("a", { b: 1 }), undefined);
  assert.deepEqual(Reflect.ownKeys(globalThis), before);
});

test("in a page it loads the loader, and keeps calls with their order", async (context) => {
  const scripts = [];
  const policies = [];
  const document = {
    createElement: () => ({ dataset: {} }),
    querySelector: () => ({ nonce: "n-1" }),
    head: { append: (script) => scripts.push(script) },
  };
  const trustedTypes = {
    createPolicy: (name, policy) => {
      policies.push(name);
      return policy;
    },
  };
  Object.assign(globalThis, {
    window: { trustedTypes },
    document,
    location: { href: "https://app.example/orders?x=1" },
  });
  context.after(() => ["window", "document", "location"].forEach((name) => delete globalThis[name]));

  const { init, track, identify } = await import("@sillage/web");
  track("before");
  const options = { collector: "/metrics", appVersion: "4.2", identity: undefined };
  init("wk_1", options);
  init("wk_2", options);
  identify("user-7", { plan: "team" });

  assert.equal(scripts.length, 1);
  const [{ src, nonce, dataset }] = scripts;
  assert.deepEqual([src, nonce], ["https://app.example/metrics/sdk.js", "n-1"]);
  assert.deepEqual(dataset, { appVersion: "4.2", writeKey: "wk_1" });
  assert.deepEqual(policies, ["sillage"]);
  const kept = window.sillage.early.map(([at, href, ...call]) => {
    assert.ok(Math.abs(Date.now() - at) < 60_000);
    assert.equal(href, "https://app.example/orders?x=1");
    return call;
  });
  assert.deepEqual(kept, [[], ["track", ["before"]], ["identify", ["user-7", { plan: "team" }]]]);

  const told = [];
  window.sillage = { track: (...args) => told.push(args) };
  track("after", { n: 1 });
  assert.deepEqual(told, [["after", { n: 1 }]]);
});

test("what cannot be done is said and not thrown", async (context) => {
  const said = [];
  context.mock.method(console, "warn", (text) => said.push(text));
  Object.assign(globalThis, { window: {}, document: {}, location: { href: "https://app.example/" } });
  context.after(() => ["window", "document", "location"].forEach((name) => delete globalThis[name]));
  const { init, track } = await import("@sillage/web");
  init("wk_1");
  init("wk_1", { collector: "https://[" });
  track("still");
  assert.equal(said.length, 2);
  assert.match(said[0], /the address of the collector is missing/);
});
