import { samplings, type Sampling } from "@sgdscope/random";
import {
  clamp,
  defaults,
  learningRates,
  models,
  mostChanges,
  ranges,
  speeds,
  type ModelKind,
  type Phase,
  type Problem,
  type Settings,
} from "./settings.js";

/**
 * The settings as the text after `#`.
 *
 * `then=8000:0.04:1:bernoulli` is a change at step 8000 to η = 0.04, B = 1 and Bernoulli batches; several are joined by commas.
 */
export function encodeSettings({ problem, phases, speed }: Settings): string {
  const [first, ...later] = phases;
  const parts: [string, string | number][] = [
    ["model", problem.model],
    ["n", problem.examples],
    ["d", problem.inputs],
    ["m", problem.width],
    ["seed", problem.seed],
    ["eta", first.learningRate],
    ["batch", first.batchSize],
    ["sampling", first.sampling],
    ["speed", speed === Infinity ? "fastest" : speed],
  ];
  if (later.length > 0)
    parts.push(["then", later.map((p) => [p.from, p.learningRate, p.batchSize, p.sampling].join(":")).join(",")]);
  return parts.map(([name, value]) => `${name}=${value}`).join("&");
}

/** What a link says. */
export interface Link {
  settings: Settings;
  /** What of it was not taken, in a sentence; undefined where all was. */
  note: string | undefined;
}

/**
 * The settings that a hash describes. What is missing has its default, what is out of range the nearest value in range; a
 * change that makes no sense is left out and a link of too many changes is not replayed, both with a note: a link never
 * breaks the page.
 */
export function readLink(hash: string): Link {
  const query = new URLSearchParams(hash.replace(/^#/, ""));
  const model = oneOf<ModelKind>(models, query.get("model")) ?? "two-layer-relu";
  const base = defaults(model);
  const problem: Problem = {
    model,
    examples: integer(query.get("n"), base.problem.examples, ranges.examples),
    inputs: integer(query.get("d"), base.problem.inputs, ranges.inputs),
    width: integer(query.get("m"), base.problem.width, ranges.width),
    seed: integer(query.get("seed"), base.problem.seed, ranges.seed),
  };
  const first = phase(problem, base.phases[0], ["0", query.get("eta"), query.get("batch"), query.get("sampling")]);
  const then = query.get("then") ?? "";
  const changes = then === "" ? [] : then.split(",");
  if (changes.length > mostChanges)
    return {
      settings: base,
      note: `Not opened: the link holds ${changes.length} changes, and this page replays at most ${mostChanges}.`,
    };
  const phases: [Phase, ...Phase[]] = [first];
  for (const text of changes) {
    const previous = phases.at(-1)!;
    const next = phase(problem, previous, text.split(":"));
    if (next.from > previous.from) phases.push(next);
  }
  const lost = changes.length - (phases.length - 1);
  const speed = query.get("speed") === "fastest" ? Infinity : Number(query.get("speed"));
  return {
    settings: { problem, phases, speed: speeds.includes(speed) ? speed : base.speed },
    note:
      lost === 0
        ? undefined
        : `${lost} of the ${changes.length} changes in the link are left out: expected step:η:B:sampling, by increasing step.`,
  };
}

/** The settings of {@link readLink} alone. */
export const decodeSettings = (hash: string): Settings => readLink(hash).settings;

/** A phase that fits the problem, from its four texts and the phase before it. */
function phase(problem: Problem, previous: Phase, [from, eta, batch, sampling]: (string | null | undefined)[]): Phase {
  const learningRate = number(eta);
  return fitted(problem, {
    from: integer(from, 0, { smallest: 0, largest: 1e9 }),
    learningRate: learningRate === undefined || learningRate <= 0 ? previous.learningRate : learningRate,
    batchSize: integer(batch, previous.batchSize, { smallest: 1, largest: problem.examples }),
    sampling: oneOf<Sampling>(samplings, sampling) ?? previous.sampling,
  });
}

/** The phase with its learning rate and batch size in the range of the problem. */
export const fitted = (problem: Problem, phase: Phase): Phase => ({
  ...phase,
  learningRate: clamp(phase.learningRate, learningRates[problem.model]),
  batchSize: clamp(phase.batchSize, { smallest: 1, largest: problem.examples }),
});

const oneOf = <T extends string>(values: readonly T[], text: string | null | undefined): T | undefined =>
  values.find((value) => value === text);

function number(text: string | null | undefined): number | undefined {
  const value = text === null || text === undefined || text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

const integer = (
  text: string | null | undefined,
  otherwise: number,
  range: { smallest: number; largest: number },
): number => Math.round(clamp(number(text) ?? otherwise, range));
