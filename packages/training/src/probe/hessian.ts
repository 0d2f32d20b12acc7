import { topEigenpairs, xTrace } from "@sgdscope/hessian-estimators";
import type { Probe } from "./probe.js";

/** Products with H per measurement, at most. */
const products = 40;
/** What a product costs, in evaluations of the model: 2 to 14 were measured, by backend and network. */
const productPasses = 5;

/** λ_max of H by Lanczos, to 1e-3 or as far as its products lead, with the residual that says how far. */
export const largestEigenvalue: Probe = {
  id: "largest-eigenvalue",
  needsExamples: true,
  passes: () => productPasses * (products / 2),
  async measure(point) {
    const hessian = point.hessian();
    const { values, residuals } = await topEigenpairs(hessian, {
      which: "largest",
      tolerance: 1e-3,
      maxMatvecs: Math.min(products, hessian.size),
      random: point.random("largest eigenvalue"),
    });
    return { largestEigenvalueH: values[0]!, largestEigenvalueHResidual: residuals[0]! };
  },
};

/** Tr H by XTrace, with its standard error. */
export const trace: Probe = {
  id: "trace",
  needsExamples: true,
  passes: () => productPasses * (products / 2),
  async measure(point) {
    const { value, standardError } = await xTrace(point.hessian(), {
      maxMatvecs: products / 2,
      random: point.random("trace"),
    });
    return { traceH: value, traceHStandardError: standardError };
  },
};
