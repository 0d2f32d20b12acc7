import { leastSquares } from "@sgdscope/models-rfm";
import { seededRandom, type SeededRandom } from "@sgdscope/random";
import { interpolation, training, vectorTrainee, type StopReason, type Training } from "@sgdscope/sgd";
import { withPhase, type Phase, type Settings } from "../state/settings.js";
import { measure, type Measurement } from "./measure.js";
import { prepare } from "./problem.js";

/** What a stretch of training brought. */
export interface Progress {
  step: number;
  measurements: Measurement[];
  /** Why the run came to an end, if it did; a new phase revives it. */
  ended: StopReason | undefined;
}

/** A run under way, the same in a worker, in a test and in Node. */
export interface Study {
  /** Trains for `steps` steps, or until the run ends, or until `budget` milliseconds have passed. */
  advance(steps: number, budget?: number): Promise<Progress>;
  /** Goes on from the current parameters with another learning rate, batch size or sampling. */
  change(phase: Omit<Phase, "from">): Promise<Progress>;
}

/** A loss above this ends the run; the figures end there too. */
const DIVERGED_ABOVE = 1e12;
/** A phase that has not come to rest after so many steps ends. */
const MOST_STEPS = 200_000;
/** How often a run above the edge may come near zero loss, and stay there, before it counts as settled. */
const MOST_RENEWALS = 5;

/** Steps between measurements: dense where much happens. */
const measureEvery = (step: number): number => (step < 1000 ? 10 : step < 4000 ? 20 : step < 20_000 ? 50 : 200);

/**
 * Prepares the run that the settings describe. It is a function of them alone: phases that the settings hold are replayed at
 * their steps, and a change made by hand gives the run that a link with that phase gives.
 */
export async function createStudy(settings: Pick<Settings, "problem" | "phases">): Promise<Study> {
  const random = seededRandom(settings.problem.seed);
  const { model, X, y, clipNorm } = prepare(settings.problem, random);
  const trainee = vectorTrainee({ parameters: model.init(random.stream("start")), ...leastSquares(model, X, y) });
  let phases = settings.phases;
  let index = -1;
  let phase: Phase = phases[0];
  let driver: Training;
  let draws: SeededRandom;
  let renewals = 0;
  let latest: Measurement | undefined;
  let step = 0;
  let ended: StopReason | undefined;
  let measurements: Measurement[] = [];
  await enter(0);

  async function enter(next: number): Promise<void> {
    index = next;
    phase = phases[next]!;
    ended = undefined;
    renewals = 0;
    draws = random.stream(`batches ${next}`);
    await drive();
    look();
  }

  async function drive(): Promise<void> {
    driver = await training(trainee, {
      learningRate: phase.learningRate,
      batchSize: phase.batchSize,
      sampling: phase.sampling,
      random: draws,
      clipNorm,
      maxSteps: MOST_STEPS,
      stop: interpolation,
      divergedAbove: DIVERGED_ABOVE,
    });
  }

  /** Ends the run, but where the loss is almost zero at a minimum that SGD cannot hold: that has time to throw it out. */
  async function conclude(reason: StopReason): Promise<void> {
    const unstable = latest !== undefined && latest.edgeRatio > 1;
    if (reason === "interpolated" && unstable && renewals++ < MOST_RENEWALS) await drive();
    else ended ??= reason;
  }

  function look(): void {
    const system = model.gramSystem(trainee.parameters, X, y);
    if (!system.gram.every(Number.isFinite) || !system.residuals.every((r) => Math.abs(r) < 1e30)) {
      ended = "diverged";
      return;
    }
    const measurement = measure(system, step, phase);
    latest = measurement;
    if (measurement === undefined) return;
    measurements.push(measurement);
    if (measurement.loss > DIVERGED_ABOVE) ended = "diverged";
  }

  function progress(): Progress {
    const result = { step, measurements, ended };
    measurements = [];
    return result;
  }

  async function advance(steps: number, budget = Infinity): Promise<Progress> {
    const target = step + steps;
    const start = performance.now();
    while (step < target) {
      const following = phases[index + 1];
      if (following !== undefined && (following.from <= step || ended !== undefined)) {
        await enter(index + 1);
        continue;
      }
      if (ended !== undefined) break;
      const every = measureEvery(step);
      const grid = Math.min(every - (step % every), target - step, (following?.from ?? Infinity) - step);
      const before = driver.step;
      const result = await driver.advance(grid);
      step += driver.step - before;
      if (result !== undefined || step % every === 0) look();
      if (result !== undefined) await conclude(result.reason);
      if (performance.now() - start > budget) break;
    }
    return progress();
  }

  async function change(next: Omit<Phase, "from">): Promise<Progress> {
    phases = withPhase(phases.slice(0, index + 1) as [Phase, ...Phase[]], { ...next, from: step });
    await enter(phases.length - 1);
    return progress();
  }

  return { advance, change };
}
