import { createRequire } from "node:module";
import { expect, it } from "vitest";
import { restoreUtilChecks } from "../../src/backend/node-shims.js";

it("puts back the checks of node:util that are gone, and only those", async () => {
  const util = createRequire(import.meta.url)("node:util") as Record<string, unknown>;
  await restoreUtilChecks();
  const { isNullOrUndefined } = util;
  expect(await restoreUtilChecks()).toEqual([]);
  delete util["isNullOrUndefined"];
  try {
    expect(await restoreUtilChecks()).toEqual(["isNullOrUndefined"]);
    const check = util["isNullOrUndefined"] as (value: unknown) => boolean;
    expect([undefined, null, 0, "", false].map((value) => check(value))).toEqual([true, true, false, false, false]);
  } finally {
    util["isNullOrUndefined"] = isNullOrUndefined;
  }
});
