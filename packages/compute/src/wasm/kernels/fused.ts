import { util, type TensorInfo } from "@tensorflow/tfjs-core";
import { callKernel } from "../kernel.js";
import { bitsOf, type Runtime } from "../runtime.js";

const ACTIVATIONS: Record<string, string> = { relu6: "Relu6", elu: "Elu", sigmoid: "Sigmoid" };

/** Adds a bias in place and applies an activation; disposes `output` where that makes a new tensor. */
export function finishFused(
  call: { runtime: Runtime; backend: object },
  output: TensorInfo,
  bias: TensorInfo | undefined,
  activation = "linear",
): TensorInfo {
  const { runtime } = call;
  const columns = output.shape.at(-1)!;
  const rows = util.sizeFromShape(output.shape) / Math.max(1, columns);
  const floor = bitsOf(activation === "relu" ? 0 : -Infinity);
  if (bias !== undefined) {
    const address = runtime.address(output);
    runtime.addRow(address, runtime.address(bias), address, rows, columns, floor);
  }
  const then = bias === undefined && activation === "relu" ? "Relu" : ACTIVATIONS[activation];
  if (then === undefined) return output;
  const result = callKernel(call, then, { x: output });
  runtime.dispose(output);
  return result;
}

/** Whether `finishFused` knows this activation and the bias is one row. */
export function canFinish(bias: TensorInfo | undefined, columns: number, activation = "linear"): boolean {
  const oneRow = bias === undefined || (util.sizeFromShape(bias.shape) === columns && bias.shape.at(-1) === columns);
  return oneRow && (activation in ACTIVATIONS || activation === "linear" || activation === "relu");
}
