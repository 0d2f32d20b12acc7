import { permutation, restoreRandom, subset, type RandomState, type Sampling } from "@sgdscope/random";
import { SgdError, expectInteger } from "./errors.js";

export type { Sampling };

/** Uniform on [0, 1); a generator of `@sgdscope/random` also has `state()`, which makes samplers resumable. */
export type Random = (() => number) & { state?: () => RandomState };

/** Plain data that survives JSON; `restoreSampler` continues exactly from it. */
export interface SamplerState {
  kind: Sampling;
  size: number;
  batchSize: number;
  random: RandomState;
  /** Epoch shuffling only: the order of this epoch and how many of its examples have been used. */
  epoch?: { order: number[]; position: number };
}

/** A stream of minibatches. */
export interface Sampler {
  readonly kind: Sampling;
  /** Number of examples n. */
  readonly size: number;
  /** Nominal batch size B. */
  readonly batchSize: number;
  /** False for epoch shuffling: its batches depend on each other and no stability theorem covers them. */
  readonly hasTheory: boolean;
  /** Indices of the next minibatch; do not change them. */
  next(): Int32Array;
  /** The divisor of the sum of the gradients of the batch: B for Bernoulli sampling, else the length of the batch. */
  divisor(batch: Int32Array): number;
  /** The state before the next draw. Throws SgdError `RANDOM_WITHOUT_STATE` if the generator cannot be saved. */
  state(): SamplerState;
}

const kinds: readonly Sampling[] = ["with-replacement", "without-replacement", "bernoulli", "epoch-shuffle"];

/**
 * A sampler of minibatches from `size` examples.
 *
 * - `with-replacement`: B independent uniform draws.
 * - `without-replacement`: a uniform subset of B examples, drawn anew at every step; at B = n all examples in order (gradient descent).
 * - `bernoulli`: every example with probability B/n, independently; the batch may be empty, and its gradient sum is divided by B.
 * - `epoch-shuffle`: follows a new random order in every epoch; the last batch of an epoch is shorter when B does not divide n
 *   and is averaged over its own length. No stability theorem covers it (`hasTheory` is false).
 *
 * Cost O(B) expected per step (plus O(n) per epoch for the shuffle). The batches are a function of `random` alone.
 *
 * @param size - Number of examples n ≥ 1.
 * @param batchSize - B ≥ 1, whole; at most n unless sampling is with replacement. Of Bernoulli batches it is the expected size, any
 *   number in (0, n].
 * @param random - Uniform generator on [0, 1); one with `state()` makes the sampler resumable.
 * @throws SgdError `INVALID_SAMPLING`, `INVALID_SIZE`, `INVALID_BATCH_SIZE`.
 */
export function sampler(kind: Sampling, size: number, batchSize: number, random: Random): Sampler {
  validate("sampler", kind, size, batchSize);
  return build(kind, size, batchSize, random);
}

/**
 * The sampler that continues where `sampler.state()` was taken, with the generator saved in it.
 *
 * @throws SgdError `INVALID_CHECKPOINT` if `state` is not such a state.
 */
export function restoreSampler(state: SamplerState): Sampler {
  validate("restoreSampler", state.kind, state.size, state.batchSize);
  const { epoch } = state;
  if (epoch !== undefined && (epoch.order.length !== state.size || !isPermutation(epoch.order)))
    throw new SgdError(
      "INVALID_CHECKPOINT",
      `restoreSampler: state.epoch.order is not an order of 0 … ${state.size - 1}`,
    );
  if (epoch !== undefined)
    expectInteger("INVALID_CHECKPOINT", "restoreSampler: expected state.epoch.position", epoch.position, 0, state.size);
  let random: Random;
  try {
    random = restoreRandom(state.random);
  } catch {
    throw new SgdError("INVALID_CHECKPOINT", "restoreSampler: state.random is not the state of a generator");
  }
  return build(state.kind, state.size, state.batchSize, random, epoch);
}

function build(
  kind: Sampling,
  size: number,
  batchSize: number,
  random: Random,
  epoch?: SamplerState["epoch"],
): Sampler {
  const everything = Int32Array.from({ length: size }, (_, i) => i);
  let order: Int32Array = epoch === undefined ? everything : Int32Array.from(epoch.order);
  let position = epoch?.position ?? size;

  const draw: Record<Sampling, () => Int32Array> = {
    "with-replacement": () => {
      const batch = new Int32Array(batchSize);
      for (let k = 0; k < batchSize; k++) batch[k] = Math.floor(random() * size);
      return batch;
    },
    "without-replacement": () => (batchSize === size ? everything : subset(batchSize, size, random)),
    bernoulli: () => (batchSize === size ? everything : bernoulli(size, batchSize / size, random)),
    "epoch-shuffle": () => {
      if (batchSize === size) return everything;
      if (position >= size) {
        order = permutation(size, random);
        position = 0;
      }
      const batch = order.subarray(position, Math.min(size, position + batchSize));
      position += batch.length;
      return batch;
    },
  };

  return {
    kind,
    size,
    batchSize,
    hasTheory: kind !== "epoch-shuffle",
    next: draw[kind],
    divisor: (batch) => (kind === "bernoulli" ? batchSize : batch.length),
    state() {
      if (random.state === undefined)
        throw new SgdError(
          "RANDOM_WITHOUT_STATE",
          "state: cannot save the sampler, because its generator has no state(); use one that has, such as seededRandom(seed)",
        );
      const saved: SamplerState = { kind, size, batchSize, random: [...random.state()] };
      if (kind === "epoch-shuffle") saved.epoch = { order: [...order], position };
      return saved;
    },
  };
}

/** Independent inclusion with probability q < 1, by geometric gaps: O(qn) draws instead of n. */
function bernoulli(size: number, q: number, random: () => number): Int32Array {
  const logMiss = Math.log1p(-q);
  const batch: number[] = [];
  // 1 − u is in (0, 1], so the logarithm is finite.
  for (let i = gap(); i < size; i += 1 + gap()) batch.push(i);
  return Int32Array.from(batch);

  function gap(): number {
    return Math.floor(Math.log(1 - random()) / logMiss);
  }
}

function validate(caller: string, kind: Sampling, size: number, batchSize: number): void {
  if (!kinds.includes(kind))
    throw new SgdError(
      "INVALID_SAMPLING",
      `${caller}: expected kind to be one of ${kinds.join(", ")}, got ${kind as string}`,
    );
  expectInteger("INVALID_SIZE", `${caller}: expected size`, size, 1);
  const most = kind === "with-replacement" ? Infinity : size;
  if (kind === "bernoulli") {
    if (batchSize > 0 && batchSize <= size) return;
    throw new SgdError(
      "INVALID_BATCH_SIZE",
      `${caller}: expected batchSize to be a positive number of at most ${size}, got ${batchSize}`,
    );
  }
  expectInteger("INVALID_BATCH_SIZE", `${caller}: expected batchSize`, batchSize, 1, most);
}

function isPermutation(order: readonly number[]): boolean {
  const seen = new Set(order);
  return seen.size === order.length && order.every((i) => Number.isInteger(i) && i >= 0 && i < order.length);
}
