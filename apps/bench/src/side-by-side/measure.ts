import { join } from "node:path";
import type { Answer, Contender } from "./contender.js";
import { load } from "./environment.js";
import type { Written } from "./networks.js";
import type { Judge } from "./references.js";
import type { Cell, Entry } from "./results.js";
import type { RunOptions } from "./serve.js";
import { rootMeanSquare } from "../report/statistics.js";
import type { Workload } from "./workloads.js";

/** A contender that takes part in a cell. */
export interface Participant {
  name: string;
  ours: boolean;
  contender: Contender;
}

export interface Pace {
  repeats: number;
  /** Seconds a cell may take about; fewer repetitions where they are long, never fewer than `LEAST`. */
  seconds: number;
}

const LEAST = 3;
/** A first run so long is the measurement itself. */
const LONG = 15;
/** What a contender's compiler and caches want before its times settle, at most. */
const WARM_UP_SECONDS = 1;

/**
 * Measures one workload on one network: every contender is warmed up and judged, then they take turns, round by round, another one
 * first in each, so that a busy machine slows all of them.
 *
 * @param judge - Undefined where there is no reference: then there are no errors.
 * @param scratch - Folder for the vectors to compare.
 */
export async function measureCell(
  workload: Workload,
  network: Written,
  participants: readonly Participant[],
  judge: Judge | undefined,
  pace: Pace,
  scratch: string,
  say: (what: string) => void,
): Promise<Omit<Cell, "asked">> {
  const before = load();
  const optionsFor = (name: string): RunOptions => {
    const budget = workload.budgets?.[name];
    return {
      ...workload.options,
      ...(budget !== undefined && { budget }),
      ...(workload.asks === "sgd" && { rate: network.learningRate }),
    };
  };
  const asked = workload.asks ?? workload.name;
  const entries = new Map<string, Entry & { errors: number[]; counts: number[] }>();
  const record = (name: string, answer: Answer): void => {
    const entry = entries.get(name)!;
    entry.seconds.push(answer.seconds);
    entry.processorSeconds.push(answer.processorSeconds);
    entry.peakMiB = Math.round(answer.peakMiB);
    if (answer.products !== undefined) entry.counts.push(answer.products);
  };

  const warm: Participant[] = [];
  let round = 0; // seconds that a round takes
  for (const { name, ours, contender } of participants) {
    say(name);
    const entry = { contender: name, ours, seconds: [], processorSeconds: [], errors: [], counts: [] };
    entries.set(name, entry);
    const saved = join(scratch, `${name.replaceAll(" ", "-")}.npy`);
    try {
      const compares = workload.compare === "vector" && judge !== undefined;
      const seed = workload.random === true ? { seed: 0 } : {};
      let answer = await contender.run(asked, { ...optionsFor(name), ...seed, ...(compares && { save: saved }) });
      if (judge !== undefined && (workload.random !== true || answer.seconds > LONG))
        entries.get(name)!.errors.push(await judge(answer, saved));
      if (answer.seconds > LONG) {
        record(name, answer);
        continue;
      }
      if (workload.random !== true)
        for (let spent = answer.seconds; spent < WARM_UP_SECONDS; spent += Math.max(0.1, answer.seconds))
          answer = await contender.run(asked, optionsFor(name));
      round += answer.seconds;
      warm.push({ name, ours, contender });
    } catch (error) {
      entries.get(name)!.failure = (error as Error).message;
    }
  }

  const rounds = Math.max(LEAST, Math.min(pace.repeats, Math.floor(pace.seconds / round)));
  for (let k = 0; k < rounds; k++) {
    say(`round ${k + 1} of ${rounds}`);
    for (let turn = 0; turn < warm.length; turn++) {
      const { name, contender } = warm[(k + turn) % warm.length]!;
      const entry = entries.get(name)!;
      if (entry.failure !== undefined) continue;
      try {
        const answer = await contender.run(asked, {
          ...optionsFor(name),
          ...(workload.random === true && { seed: k + 1 }),
        });
        record(name, answer);
        if (judge !== undefined && workload.random === true) entry.errors.push(await judge(answer, ""));
      } catch (error) {
        entry.failure = (error as Error).message;
      }
    }
  }
  return {
    network: network.name,
    workload: workload.name,
    load: [before, load()],
    steps: workload.asks === "sgd" ? workload.options!.steps! : 1,
    entries: [...entries.values()].map(({ errors, counts, ...entry }) => ({
      ...entry,
      ...(errors.length > 0 && { error: rootMeanSquare(errors) }),
      ...(counts.length > 0 && { products: counts.reduce((a, b) => a + b, 0) / counts.length }),
    })),
  };
}
