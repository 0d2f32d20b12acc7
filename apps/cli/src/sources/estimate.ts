import { totalmem } from "node:os";
import { symmetricEigen } from "@sgdscope/linear-algebra";
import { formatSeconds } from "../terminal/number.js";
import { plural } from "../terminal/words.js";

/** What an analysis of a Gram matrix will take. */
export interface AnalysisCost {
  seconds: number;
  /** Bytes of the matrices that it keeps at a time. */
  bytes: number;
}

/** What an analysis is asked for, as far as it decides its cost. */
export interface AnalysisSize {
  examples: number;
  outputs: number;
  batchSizes: number;
  /** Whether a learning rate is judged, too. */
  judged: boolean;
}

/**
 * Operations in units of `N³`, `N = nC`: spectrum, features and range of μ once; per batch size the threshold takes some 20 products
 * of 3N³, and the growth rate of a learning rate 40. Measured at N = 200 to 800, where 1e9 of them take as long as
 * 1e9/4.6 of `symmetricEigen`, which is 1 here.
 */
const UNITS = { once: 1.8, threshold: 9, growth: 18 };
const MATRICES = 7;

/** Seconds of one `N³` of `symmetricEigen` on this machine, from one small decomposition. */
export function eigenSecondsPerCube(now: () => number = () => performance.now()): number {
  const size = 120;
  const matrix = Float64Array.from({ length: size * size }, (_, k) => {
    const [a, b] = [Math.floor(k / size), k % size];
    return 1 / (1 + Math.abs(a - b)) + (a === b ? a % 7 : 0);
  });
  let seconds = Infinity;
  // The first ones run before the engine has compiled them.
  for (let k = 0; k < 4; k++) {
    const start = now();
    symmetricEigen(matrix, size);
    seconds = Math.min(seconds, (now() - start) / 1000);
  }
  return seconds / size ** 3;
}

/**
 * The cost of an analysis of full rank, from the speed of {@link eigenSecondsPerCube}; right within a factor of two or three. Of rank R
 * thresholds take (R/N)² of it, which only the decomposition shows.
 */
export function analysisCost(
  { examples, outputs, batchSizes, judged }: AnalysisSize,
  secondsPerCube: number,
): AnalysisCost {
  const size = examples * outputs;
  const units = UNITS.once + batchSizes * (UNITS.threshold + (judged ? UNITS.growth : 0));
  return { seconds: units * size ** 3 * secondsPerCube, bytes: MATRICES * 8 * size * size };
}

/** N below which nothing takes seconds, however many batch sizes are asked for within reason. */
const SMALL = 200;

/**
 * What is said before a long analysis; undefined where it takes a few seconds at most.
 *
 * @param advice - What would make it cheaper, in the options of the command.
 */
export function expectedAnalysis(
  size: AnalysisSize,
  advice: string,
  {
    secondsPerCube = eigenSecondsPerCube,
    memory = totalmem(),
  }: { secondsPerCube?: () => number; memory?: number } = {},
): { cost: AnalysisCost; note: string } | undefined {
  if (size.examples * size.outputs < SMALL) return undefined;
  const cost = analysisCost(size, secondsPerCube());
  if (cost.seconds < 3) return undefined;
  const rows = size.examples * size.outputs;
  const short = cost.bytes > memory ? `, more than the ${gibibytes(memory)} of this machine` : "";
  return {
    cost,
    note:
      `note: the ${rows} × ${rows} Gram matrix of ${size.examples} examples × ${plural(size.outputs, "output")} takes up to ` +
      `${formatDuration(cost.seconds)} and ${gibibytes(cost.bytes)} of memory${short}; ${advice}`,
  };
}

/** Seconds and minutes; beyond these hours and days. */
export function formatDuration(seconds: number): string {
  if (seconds < 3600) return formatSeconds(seconds);
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toPrecision(2)} GiB`;
