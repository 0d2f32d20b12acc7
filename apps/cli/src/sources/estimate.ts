import { totalmem } from "node:os";
import { gramOfRows } from "@sgdscope/linear-algebra";
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
 * What an analysis costs in products of two N × N matrices, `N = nC`: spectrum, features and range of μ once; per batch size the
 * threshold takes some ten products of `rank²·nC`, most of them in single precision, and bounds; the growth rate of a learning rate
 * nearly as many. Measured at N = 2560 on two cores; twice as much where eigenvalues lie close together.
 */
const UNITS = { once: 8, threshold: 16, growth: 14 };
/** Of the theory, and of the memory of the kernels below it. */
const MATRICES = 11;

/** Seconds of a product of two `N × N` matrices on this machine, with all its threads, divided by `N³`: from a small one. */
export function productSecondsPerCube(now: () => number = () => performance.now()): number {
  const size = 512;
  const matrix = Float64Array.from({ length: size * size }, (_, k) => Math.sin(k));
  const start = now();
  let best = Infinity;
  // The first ones run before the engine has compiled them and threads have joined.
  for (let k = 0; k < 8 && (k < 2 || now() - start < 200); k++) {
    const before = now();
    gramOfRows(matrix, size, size);
    best = Math.min(best, (2 * (now() - before)) / 1000);
  }
  return best / size ** 3;
}

/**
 * The cost of an analysis of full rank, from the speed of {@link productSecondsPerCube}; right within a factor of two or three. Of rank R
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
    secondsPerCube = productSecondsPerCube,
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
