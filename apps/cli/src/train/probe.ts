import type { MinimumTask, ProbeNumbers, ProbeSummary } from "@sgdscope/training";
import { formatMeasured, formatNumber, formatSeconds } from "../terminal/number.js";
import { listed, plural } from "../terminal/words.js";

/** The edge beside the loss in a line of progress. */
export const edgeBeside = ({ margin, batchSharpness }: ProbeNumbers): string =>
  [
    ...(margin === undefined ? [] : [`, η*/η ${formatNumber(margin, 3)}`]),
    ...(batchSharpness === undefined ? [] : [`, batch sharpness ${formatNumber(batchSharpness, 3)}`]),
  ].join("");

/** What each probe measured last, beside what SGD keeps the sharpness at. */
export function edgeText(numbers: ProbeNumbers, { learningRate }: Pick<MinimumTask, "learningRate">): string[] {
  const plain = (label: string, value: number | undefined): string[] =>
    value === undefined ? [] : [`${label} ${formatNumber(value, 3)}`];
  const measured = (label: string, value: number | undefined, standardError: number | undefined): string[] =>
    value === undefined ? [] : [`${label} ${formatMeasured({ value, standardError: standardError ?? 0 }, 3)}`];
  const parts = [
    ...plain("margin η*/η", numbers.margin),
    ...measured("batch sharpness", numbers.batchSharpness, numbers.batchSharpnessStandardError),
    ...measured("update sharpness", numbers.updateSharpness, numbers.updateSharpnessStandardError),
    ...plain("critical sharpness", numbers.criticalSharpness),
    ...plain("λ_max of H", numbers.largestEigenvalueH),
    ...measured("Tr H", numbers.traceH, numbers.traceHStandardError),
    ...plain("noise scale", numbers.noiseScale),
    ...plain("μ", numbers.alignmentFactor),
  ];
  return parts.length === 0 ? [] : [`Measured last: ${parts.join(", ")}; 2/η is ${formatNumber(2 / learningRate, 3)}.`];
}

/** What the probes took, and what there was no room for. */
export function probingText(probing: ProbeSummary): string[] {
  const { trainingSeconds, probeSeconds, share, measurements, failed } = probing;
  const [byProcessor, most] = [percent(probeSeconds / trainingSeconds), percent(share)];
  const times = Object.entries(measurements).flatMap(([id, count]) =>
    count === 0 ? [] : [`${id} ${plural(count, "time")}`],
  );
  return [
    `Probes took ${byProcessor} % of the processor time of the steps, ${formatSeconds(probeSeconds)} of ${formatSeconds(trainingSeconds)}` +
      `${most === byProcessor ? "" : `, at most ${most} % with what first measurements cost the steps after them`}${times.length === 0 ? "" : `: ${times.join(", ")}`}.`,
    ...Object.entries(failed).map(
      ([id, { times, reason }]) => `! ${id} could not be measured at ${plural(times, "point")}: ${reason}`,
    ),
    ...leftText(probing),
  ];
}

function percent(share: number): string {
  return 100 * share < 10 ? formatNumber(100 * share, 2) : (100 * share).toFixed(0);
}

function leftText({ left, enough }: ProbeSummary): string[] {
  const names = Object.entries(left).map(([id, seconds]) =>
    seconds === undefined ? id : `${id} (about ${formatSeconds(seconds)})`,
  );
  if (names.length === 0) return [];
  const help =
    enough === undefined
      ? "the training ended before a second check of the loss (--every)"
      : `--probe-overhead ${roundedUp(enough)} measures each in a training as long as this, --probe-every whatever it takes`;
  return [`There was no room for ${listed(names)}: ${help}.`];
}

/** To two digits. */
function roundedUp(value: number): number {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Number((Math.ceil(value / unit) * unit).toPrecision(2));
}
