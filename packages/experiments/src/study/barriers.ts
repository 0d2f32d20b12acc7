import { escapeRate, meanFirstPassageTime } from "@sgdscope/stability-criterion/escape";

/** First passages in the limit of small steps, `dθ = −L′dt + √(2TL)dW`, by quadrature; no seed. */
export interface BarriersTask {
  part: "barriers";
  /** Double wells `L = c + (θ² − 1)²/4`, from one minimum to the other. */
  wells: { lossAtMinimum: number; temperature: number }[];
  /** Basins `L = L*(1 + r²)` in n dimensions, from the minimum to L/L* = each level. */
  basins: { dimension: number; temperature: number; levels: number[] }[];
}

/** A time by quadrature beside what the power law says. */
export type BarriersRecord =
  | {
      part: "well";
      lossAtMinimum: number;
      temperature: number;
      /** Mean time from −1 to 1. */
      time: number;
      /** κ of the power law. */
      rate: number;
      /** The same time where the noise keeps its strength at the minimum. */
      additiveTime: number;
    }
  | {
      part: "basin";
      dimension: number;
      temperature: number;
      levels: number[];
      logTimes: number[];
      additiveLogTimes: number[];
      /** 1/T + 1 − n/2. */
      exponent: number;
    };

/** To make the noise of the same equation constant: L* + this, with T over as much. */
const pedestal = 1e7;

/** @internal See `study`. */
// eslint-disable-next-line @typescript-eslint/require-await -- a study is an async generator
export async function* barriersStudy({ wells, basins }: BarriersTask): AsyncGenerator<BarriersRecord> {
  for (const { lossAtMinimum: c, temperature } of wells) {
    // The curvature at the minimum is 2: T = ηh/B.
    const loss = (theta: number): number => c + (theta * theta - 1) ** 2 / 4;
    const way = { from: -1, to: 1, wall: -6, tolerance: 1e-8 };
    const { rate } = escapeRate({
      lossAtMinimum: c,
      lossAtSaddle: c + 1 / 4,
      minimumCurvatures: [2],
      saddleCurvatures: [-1],
      learningRate: temperature / 2,
      batchSize: 1,
    });
    yield {
      part: "well",
      lossAtMinimum: c,
      temperature,
      time: meanFirstPassageTime({ ...way, loss, temperature }).time,
      rate,
      additiveTime: meanFirstPassageTime({
        ...way,
        wall: -3,
        tolerance: 1e-3,
        loss: (theta) => pedestal + loss(theta) - c,
        temperature: (temperature * c) / pedestal,
      }).time,
    };
  }
  for (const { dimension, temperature, levels } of basins) {
    const logTimes = (loss: (r: number) => number, scaled: number, tolerance: number): number[] =>
      levels.map(
        (level) =>
          meanFirstPassageTime({
            loss,
            temperature: scaled,
            from: 0,
            to: Math.sqrt(level - 1),
            wall: 0,
            dimension,
            tolerance,
          }).logTime,
      );
    yield {
      part: "basin",
      dimension,
      temperature,
      levels,
      logTimes: logTimes((r) => (1 + r * r) / 2, temperature, 1e-6),
      additiveLogTimes: logTimes((r) => pedestal + (r * r) / 2, temperature / (2 * pedestal), 1e-3),
      exponent: 1 / temperature + 1 - dimension / 2,
    };
  }
}
