import { expect, test } from "vitest";
import { measurementText, type Measurement } from "../src/measure/text.js";

const curvature = (reason?: string): Measurement["hessian"] => ({
  trace: { value: 12.5, standardError: 0.5, matvecs: 12, ...(reason !== undefined && { reason }) },
  norm: { value: 3, standardError: 0, matvecs: 12 },
  eigenvalues: [],
});
const measurement = (reason?: string): Measurement => ({
  subject: "model",
  data: "data",
  examples: 4,
  outputs: 1,
  parameters: 9,
  backend: "cpu",
  analysis: undefined,
  gaussNewton: curvature(),
  hessian: curvature(reason),
  layers: undefined,
  regularizers: "exclude",
  density: undefined,
  logDeterminant: undefined,
  traceIdentity: { holds: true },
});

test("a standard error that is not to be trusted carries a star, and the reason stands below the table", () => {
  const text = measurementText(measurement("4 independent samples are too few"));
  expect(text).toContain("12.50 ± 0.50 *");
  expect(text).toContain("* its standard error may be too small: 4 independent samples are too few\n");
});

test("a standard error without doubts carries none", () => {
  expect(measurementText(measurement())).not.toContain("*");
});
