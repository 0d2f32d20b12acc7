import { expectInteger, expectPositive, StabilityError } from "../errors.js";

export interface CriticalSharpnessOptions {
  /** Where the search starts, such as the learning rate of the training. */
  learningRate: number;
  /** Relative width of the interval that is known to hold `η_c`. Default 0.02. */
  tolerance?: number;
  /** Doublings or halvings of `learningRate` before the search gives up. Default 30. */
  doublings?: number;
}

/** How far one can go along a direction before the loss is above what it was. */
export interface CriticalSharpness {
  /** `η_c`, the least step that raises the loss; 0 where every step that was tried does, Infinity where none does. */
  criticalStep: number;
  /** `2/η_c`; 0 and Infinity alike. */
  sharpness: number;
  /** Evaluations of the loss: 5 or 6 where `learningRate` is within a factor of 2 of `η_c` and the loss is nearly quadratic. */
  evaluations: number;
}

/**
 * The critical sharpness `2/η_c` along an update `u`, from values of the loss alone: `η_c` is the least step with `L(θ − ηu) > L(θ)`. Where
 * the loss is quadratic `η_c = 2 gᵀu/uᵀHu`, so that gradient descent has the sharpness `gᵀHg/‖g‖²`.
 *
 * Doubles or halves the step until it is bracketed; then the change per step, `(L(θ − ηu) − L(θ))/η`, which is linear in η for a
 * quadratic, is interpolated, and the bracket bisected where that does not close it. Of a loss that crosses its value several times within
 * a factor of 2 it finds one crossing.
 *
 * Definition from Kalra et al. (2026), arXiv:2601.16979; the interpolation is derived here.
 *
 * @param lossAt - `η ↦ L(θ − ηu)`; a value that is not a number, as after an overflow, counts as raised.
 * @throws StabilityError INVALID_ARGUMENT; for a loss that is not finite at 0 when it is known.
 */
export function criticalSharpness(
  lossAt: (step: number) => number | Promise<number>,
  options: CriticalSharpnessOptions,
): Promise<CriticalSharpness> {
  const caller = "criticalSharpness";
  const { learningRate, tolerance = 0.02, doublings = 30 } = options;
  expectPositive(caller, "learningRate", learningRate);
  if (!(tolerance > 0 && tolerance < 1))
    throw new StabilityError("INVALID_ARGUMENT", `${caller}: expected tolerance in (0, 1), got ${tolerance}.`);
  expectInteger(caller, "doublings", doublings, 1);
  return search(caller, lossAt, { learningRate, tolerance, doublings });
}

async function search(
  caller: string,
  lossAt: (step: number) => number | Promise<number>,
  { learningRate, tolerance, doublings }: Required<CriticalSharpnessOptions>,
): Promise<CriticalSharpness> {
  const start = await lossAt(0);
  let evaluations = 1;
  if (!Number.isFinite(start))
    throw new StabilityError("INVALID_ARGUMENT", `${caller}: expected a finite loss at step 0, got ${start}.`);
  /** The change of the loss per step; positive, or not a number, where the step raises it. */
  const changeAt = async (step: number): Promise<number> => {
    evaluations++;
    return ((await lossAt(step)) - start) / step;
  };
  const raises = (change: number): boolean => !(change <= 0);
  const result = (criticalStep: number): CriticalSharpness => ({
    criticalStep,
    sharpness: 2 / criticalStep,
    evaluations,
  });

  let low = { step: learningRate, change: await changeAt(learningRate) };
  let high = low;
  for (let k = 0; raises(low.change); k++) {
    if (k === doublings) return result(0);
    high = low;
    low = { step: low.step / 2, change: await changeAt(low.step / 2) };
  }
  for (let k = 0; !raises(high.change); k++) {
    if (k === doublings) return result(Infinity);
    low = high;
    high = { step: high.step * 2, change: await changeAt(high.step * 2) };
  }

  const take = async (step: number): Promise<void> => {
    const change = await changeAt(step);
    if (raises(change)) high = { step, change };
    else low = { step, change };
  };
  while (high.step - low.step > tolerance * high.step) {
    const before = high.step - low.step;
    const share = low.change / (low.change - high.change);
    if (Number.isFinite(share)) {
      // On both sides of the interpolated crossing, so that a nearly quadratic loss is done with two values.
      const crossing = low.step + share * before;
      const margin = 0.4 * tolerance * crossing;
      const inside = (step: number): boolean => step > low.step && step < high.step;
      if (inside(crossing + margin)) await take(crossing + margin);
      if (inside(crossing - margin)) await take(crossing - margin);
    }
    if (high.step - low.step > before / 2 && high.step - low.step > tolerance * high.step)
      await take((low.step + high.step) / 2);
  }
  const share = low.change / (low.change - high.change);
  return result(low.step + (Number.isFinite(share) ? share : 0.5) * (high.step - low.step));
}
