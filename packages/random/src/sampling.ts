/**
 * How the examples of a minibatch are drawn: with replacement; without; each by its own coin; or one permutation per epoch, cut
 * into batches.
 */
export const samplings = ["with-replacement", "without-replacement", "bernoulli", "epoch-shuffle"] as const;

/** One of {@link samplings}. */
export type Sampling = (typeof samplings)[number];
