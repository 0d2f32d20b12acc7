import { decodeState, encodeState, hutchinsonTrace, type EstimatorState } from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";
import { withSpectrum } from "./support.js";

const operator = withSpectrum(Array.from({ length: 20 }, (_, i) => 5 - i / 3));
const state: EstimatorState = { estimator: "f", version: 1, size: 2, settings: "{}", matvecs: 3, body: null };
const refused = (message: string): object => expect.objectContaining({ code: "INVALID_ARGUMENT", message }) as object;

describe("a state as text", () => {
  test("has arrays as base64 of their little-endian bytes, of any length", () => {
    const text = encodeState({ ...state, body: Float64Array.of(1, -2.5) });
    expect(JSON.parse(text)).toMatchObject({ body: { $float64: "AAAAAAAA8D8AAAAAAAAEwA==" } });
    for (const length of [0, 1, 1023, 1024, 1025, 3000]) {
      const body = Float64Array.from({ length }, (_, i) => Math.sin(i) * 10 ** (i % 300));
      expect(decodeState(encodeState({ ...state, body }))).toEqual({ ...state, body });
    }
  });

  test("has names for numbers that JSON lacks", () => {
    const body = [NaN, Infinity, -Infinity, -0, 0, 1.5];
    expect(JSON.parse(encodeState({ ...state, body }))).toMatchObject({
      body: [{ $number: "NaN" }, { $number: "Infinity" }, { $number: "-Infinity" }, { $number: "-0" }, 0, 1.5],
    });
    expect(decodeState(encodeState({ ...state, body })).body).toEqual(body);
  });

  test.each([
    ["", "0 characters"],
    ["1", "1 character"],
    ["null", "4 characters"],
    ["[]", "2 characters"],
    [JSON.stringify({ ...state, version: 2 }), undefined],
    ...["estimator", "version", "size", "settings", "matvecs", "body"].map((key): [string, undefined] => [
      JSON.stringify(Object.fromEntries(Object.entries(state).filter(([name]) => name !== key))),
      undefined,
    ]),
  ])("%s is refused", (text, length) => {
    expect(() => decodeState(text)).toThrow(
      refused(`decodeState: the text, of ${length ?? `${text.length} characters`}, was not made by encodeState`),
    );
  });
});

describe("a state of another computation is refused by what differs", () => {
  test("estimator, version, size and settings", async () => {
    const states: EstimatorState[] = [];
    const run = (resume?: EstimatorState) =>
      hutchinsonTrace(operator, { seed: 1, maxMatvecs: 6, resume, onCheckpoint: (each) => states.push(each) });
    const whole = await run();
    const third = states[2]!;
    const settings = JSON.stringify({ seed: 1, limit: 6, targets: {}, probes: "rademacher" });
    expect(third).toMatchObject({ estimator: "hutchinsonTrace", version: 1, size: 20, settings, matvecs: 3 });
    expect(await run(third)).toEqual(whole);
    for (const [key, value, own] of [
      ["estimator", "xTrace", "hutchinsonTrace"],
      ["version", 2, 1],
      ["size", 21, 20],
      ["settings", "{}", settings],
    ] as const)
      await expect(run({ ...third, [key]: value })).rejects.toMatchObject({
        code: "STATE_MISMATCH",
        message: `hutchinsonTrace: expected resume with ${key} ${own}, got ${value}`,
      });
  });

  test("and one without a seed, for it cannot be continued", async () => {
    const random = (): number => 0.3;
    const message =
      "hutchinsonTrace: expected seed with onCheckpoint or resume, got a generator, whose position cannot be restored";
    await expect(hutchinsonTrace(operator, { random, resume: state })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message,
    });
    await expect(hutchinsonTrace(operator, { random, onCheckpoint: () => undefined })).rejects.toMatchObject({
      message,
    });
  });
});
