import { expectPositive, ModelsRfmError } from "../errors.js";

/** A mode of a two-layer linear network under gradient flow. */
export interface TwoLayerMode {
  /** The teacher's singular value s. */
  target: number;
  /** w(0), in (0, s). */
  start: number;
}

/**
 * The mode of a balanced two-layer linear network after time t of gradient flow, ẇ = 2w(s − w):
 * w(t) = s/(1 + (s/w₀ − 1)e^{−2st}).
 *
 * @param time - t = ηk after k small steps.
 * @throws ModelsRfmError `INVALID_SIZE` for a target or start that is not positive.
 * @see Corlouer, slides on arXiv:2604.06366, in this normalisation; Saxe, McClelland and Ganguli (2014), arXiv:1312.6120, first
 * (recalled, not confirmed).
 */
export function twoLayerFlow({ target, start }: TwoLayerMode, time: number): number {
  expectPositive("twoLayerFlow: expected target", target);
  expectPositive("twoLayerFlow: expected start", start);
  return target / (1 + (target / start - 1) * Math.exp(-2 * target * time));
}

/**
 * The time at which that mode reaches `fraction`·s: (1/2s) ln[w_f(s − w₀)/(w₀(s − w_f))] with w_f = fraction·s.
 *
 * @param fraction - Between start/target and 1, exclusive of 1.
 * @throws ModelsRfmError `INVALID_SIZE`, and `INVALID_VALUE` for a fraction that the flow does not pass.
 * @see As `twoLayerFlow`.
 */
export function twoLayerTimeTo({ target, start }: TwoLayerMode, fraction: number): number {
  expectPositive("twoLayerTimeTo: expected target", target);
  expectPositive("twoLayerTimeTo: expected start", start);
  const end = fraction * target;
  if (!(end >= start && end < target))
    throw new ModelsRfmError(
      "INVALID_VALUE",
      `twoLayerTimeTo: expected a fraction in [${start / target}, 1), got ${fraction}`,
    );
  return Math.log((end * (target - start)) / (start * (target - end))) / (2 * target);
}
