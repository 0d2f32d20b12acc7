import { noiseStructure } from "@sgdscope/noise-structure";
import { noiseScale as scalesOf } from "@sgdscope/noise-structure/noise-scale";
import type { Probe } from "./probe.js";

/** The gradient noise scales and μ, exactly from K and r. */
export const noiseScale: Probe = {
  id: "noise-scale",
  shares: "gram",
  passes: ({ outputs }) => 4 * outputs + 20,
  async measure(point) {
    const noise = noiseStructure(await point.system());
    const { simple, curvatureWeighted } = scalesOf(noise);
    const { alignmentFactor } = noise;
    return {
      ...(simple === undefined ? {} : { noiseScale: simple }),
      ...(curvatureWeighted === undefined ? {} : { curvatureNoiseScale: curvatureWeighted }),
      ...(alignmentFactor === undefined ? {} : { alignmentFactor }),
    };
  },
};
