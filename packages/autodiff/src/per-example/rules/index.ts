import { broadcastingKernels } from "../batch-axes.js";
import { broadcastRule, fusedBiasRule } from "./broadcast.js";
import { convolutionRule, depthwiseRule, transposedConvolutionRule } from "./convolution.js";
import { gatherRule } from "./gather.js";
import { matMulRule } from "./mat-mul.js";
import type { Meeting, Rule } from "./rule.js";

/** How the gradient of each example comes out of one kernel; undefined where no rule is known. */
export function ruleFor(meeting: Meeting): Rule | undefined {
  const { call, key } = meeting;
  const { kernelName, attributes } = call;
  if (attributes["activation"] !== undefined && attributes["activation"] !== "linear") return undefined;
  switch (kernelName) {
    case "BatchMatMul":
      return matMulRule(meeting);
    case "_FusedMatMul":
      return key === "2" ? fusedBiasRule(meeting) : matMulRule(meeting);
    case "Conv2D":
      return key === "filter" ? convolutionRule(meeting) : undefined;
    case "FusedConv2D":
      return key === "2" ? fusedBiasRule(meeting) : key === "1" ? convolutionRule(meeting) : undefined;
    case "Conv2DBackpropInput":
      return key === "filter" ? transposedConvolutionRule(meeting) : undefined;
    case "DepthwiseConv2dNative":
      return key === "filter" ? depthwiseRule(meeting) : undefined;
    case "FusedDepthwiseConv2D":
      return key === "2" ? fusedBiasRule(meeting) : key === "1" ? depthwiseRule(meeting) : undefined;
    case "GatherV2":
      return key === "x" ? gatherRule(meeting) : undefined;
    default:
      return broadcastingKernels.has(kernelName) ? broadcastRule(meeting) : undefined;
  }
}
