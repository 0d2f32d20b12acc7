import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { modelFromConfig } from "@sgdscope/models-cnn";
import * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";

const folder = process.env["SGDSCOPE_TORCH_FIXTURES_DIR"];
export const present = folder !== undefined && existsSync(folder);
if (!present) console.warn("PyTorch references: skipped, SGDSCOPE_TORCH_FIXTURES_DIR names no folder");

interface Exact {
  loss: number;
  G_trace: number;
  G_fro: number;
  H_trace?: number;
  H_fro?: number;
  G_top10: number[];
  tr_Sigma: number;
  align: { mu: number; alpha: number; beta: number };
  mean_square_stability?: Record<string, { eta_star: number }>;
}

/** The small CNN of the references with their weights and data. */
export function fixture(name: string) {
  const manifest = JSON.parse(readFileSync(join(folder!, `${name}.bin`, "manifest.json"), "utf8")) as Record<
    string,
    { shape: number[]; file: string }
  >;
  const bytes = (array: string): ArrayBuffer => {
    const { file } = manifest[array]!;
    return Uint8Array.from(readFileSync(join(folder!, file.includes("/") ? file : join(`${name}.bin`, file)))).buffer;
  };
  const [size, height, width] = manifest["x"]!.shape as [number, number, number];
  const channels = [manifest["conv1.kernel"]!.shape[3]!, manifest["conv2.kernel"]!.shape[3]!];
  const model = modelFromConfig({ kind: "small-cnn", inputShape: [height, width, 3], channels, outputs: 10 } as never);
  const params = Object.fromEntries(
    model.parameters.map(({ name: parameter, shape }) => [
      parameter,
      tf.tensor(new Float32Array(bytes(parameter)), shape, "float32"),
    ]),
  );
  const targets = new Float32Array(size * 10);
  new Int32Array(bytes("labels")).forEach((label, i) => (targets[i * 10 + label] = 1));
  const inputs = new Float32Array(bytes("x"));
  const exact = JSON.parse(readFileSync(join(folder!, `${name}.exact.json`), "utf8")) as Exact;
  return { model, params, data: { size, inputShape: [height, width, 3], outputs: 10, inputs, targets }, exact };
}

export const close = (value: number | undefined, expected: number, relative: number): void =>
  expect(Math.abs(value! - expected) / Math.abs(expected)).toBeLessThan(relative);
