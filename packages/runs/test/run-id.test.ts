import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, nearest, runId } from "../src/index.js";

describe("the name of a run", () => {
  it("is the SHA-256 of canonical JSON", () => {
    expect(canonicalJson({ b: [1, { d: null, c: "é" }], a: undefined })).toBe('{"b":[1,{"c":"é","d":null}]}');
    expect(runId({})).toBe("44136fa355b3"); // sha256sum of {}
  });

  it("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const turned = Object.fromEntries(Object.entries(object).reverse());
        expect(runId(turned)).toBe(runId(object));
        expect(JSON.parse(canonicalJson(object))).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
  });

  it("is the one that earlier versions gave", () => {
    const task = {
      data: { kind: "synthetic", classes: 2, count: 200, seed: 0 },
      η: 0.02,
      list: [1e-7, 1e21, -0.5],
      on: true,
    };
    expect(canonicalJson(task)).toBe(
      '{"data":{"classes":2,"count":200,"kind":"synthetic","seed":0},"list":[1e-7,1e+21,-0.5],"on":true,"η":0.02}',
    );
  });

  it("is refused to numbers that JSON does not have", () => {
    for (const value of [NaN, Infinity]) expect(() => runId({ value })).toThrow(/can not safely be stringified/);
  });
});

describe("nearest", () => {
  const words = ["learningRate", "batchSize", "maxSteps", "seed"];
  it.each([
    ["learning_rate", "learningRate"],
    ["lerningRate", "learningRate"],
    ["batchsize", "batchSize"],
    ["maxStep", "maxSteps"],
    ["sede", "seed"],
    ["temperature", undefined],
  ])("of %s is %s", (word, right) => {
    expect(nearest(word, words)).toBe(right);
  });
});
