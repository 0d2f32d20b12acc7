/** The sizes that decide how the gradients of one parameter are multiplied. */
export interface Sizes {
  positions: number;
  /** Width of the activations. */
  width: number;
  /** Width of the signals. */
  signal: number;
  outputs: number;
  /** Examples that each row is multiplied with. */
  total: number;
}

/** The cost of reading an entry of a product and adding it in JavaScript, in operations of a matrix product. */
const perEntryRead = 30;
/** How much slower small products, one for each example, run than one large product. */
const batchedSlowdown = 2;

/**
 * Whether K is cheaper from formed rows gᵢ·gⱼ than as Σₛₜ (aᵢₛ·aⱼₜ)(dᵢₛ·dⱼₜ) over pairs of positions. The second way
 * forms no gradient: it wins for dense layers, and for convolutions on small images.
 */
export function cheaperAsRows({ positions, width, signal, outputs, total }: Sizes): boolean {
  const pairs = positions ** 2 * (2 * width + outputs ** 2 * (2 * signal + perEntryRead));
  const rows = 2 * outputs * width * signal * (outputs + (batchedSlowdown * positions) / total);
  return rows < pairs;
}

/**
 * Whether ‖Σₛ aₛ ⊗ dₛ‖² is cheaper as Σₛₜ (aₛ·aₜ)(dₛ·dₜ) than from the formed sum: for one position ‖a‖²‖d‖², always.
 */
export const cheaperInPairs = ({ positions, width, signal }: Pick<Sizes, "positions" | "width" | "signal">): boolean =>
  positions * (width + signal) <= width * signal;
