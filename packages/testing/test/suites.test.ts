import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL(".", import.meta.url));
const config = fileURLToPath(new URL("./faulty/vitest.config.ts", import.meta.url));
const subjects = fileURLToPath(new URL("./faulty/subjects.faulty.ts", import.meta.url));

interface Report {
  testResults: { assertionResults: { ancestorTitles: string[]; title: string; status: string }[] }[];
}

/** The titles of the tests that failed, by the first word or words of their suite. */
let failures: Map<string, string[]>;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "faulty-"));
  const file = join(folder, "report.json");
  const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
  const options = ["run", subjects, "--root", root, "--config", config, "--reporter", "json", "--outputFile", file];
  await new Promise<void>((resolve) => {
    // Its exit status says that tests failed, as they should; the report says which.
    execFile(process.execPath, [vitest, ...options], { env: { ...process.env, VITEST: "" } }, () => resolve());
  });
  const report = JSON.parse(await readFile(file, "utf8")) as Report;
  await rm(folder, { recursive: true });
  failures = new Map();
  for (const { ancestorTitles, title, status } of report.testResults.flatMap(
    ({ assertionResults }) => assertionResults,
  )) {
    const suite = ancestorTitles[0]!.replace(/ is an? (symmetric linear operator|model|dataset)$/, "");
    const name = ancestorTitles.length > 1 ? `${ancestorTitles[1]!}: ${title}` : title;
    failures.set(suite, [...(failures.get(suite) ?? []), ...(status === "failed" ? [name] : [])]);
  }
}, 120_000);

describe("the suites pass what is sound", () => {
  test.each(["sound", "sound data", "sound operator"])("%s", (suite) => {
    expect(failures.get(suite)).toEqual([]);
  });
});

describe("the suites find what is wrong", () => {
  test.each<[string, string]>([
    ["nameless", "has a name, the shape of an input and a number of outputs"],
    ["unseeded", "starts from finite Float32 parameters that are a function of the generator"],
    ["misshapen", "gives finite Float32 outputs [n, outputs]"],
    ["forgetful", "gives the same outputs each time, and leaves parameters and inputs as they were"],
    ["coupled", "computes row i from example i alone"],
    ["leaky", "leaves no tensor behind but its result"],
    ["misdirected", "has finite gradients by every parameter that central differences confirm"],
    ["unconnected", "has finite gradients by every parameter that central differences confirm"],
    ["short", "holds exactly size inputs and targets, as finite Float32 numbers"],
    ["infinite", "holds exactly size inputs and targets, as finite Float32 numbers"],
    ["repeating", "has examples that differ, if it has more than one"],
    ["mislabelled", "has one label per example, if it has labels"],
    ["changing", "is the same each time it is made"],
    ["sizeless", "has a name, a size, a shape of its inputs and a number of outputs"],
    ["skew", "is symmetric: u·Av = v·Au"],
    ["affine", "is linear: A(au + bv) = a·Au + b·Av, and A0 = 0"],
    ["drifting", "gives the same product each time"],
    ["other", "is the dense matrix, column by column"],
    ["negative", "is positive semidefinite along the probes"],
    ["truncated", "has a size and finite Float64 products of that length"],
    ["the backend broken", "relu: agrees with plain JavaScript"],
  ])("%s fails: %s", (suite, title) => {
    expect(failures.get(suite)).toContain(title);
  });

  test("and say nothing against the other kernels of a backend with one that is wrong", () => {
    const others = failures.get("the backend broken")!.filter((title) => !title.startsWith("relu: "));
    expect(others).toEqual([
      "average pool 3×3, stride 2, same: has the gradients of central differences of the reference",
    ]);
  });
});
