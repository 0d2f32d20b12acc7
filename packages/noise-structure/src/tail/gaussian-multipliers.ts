/** Logarithms of the values of a positive random variable, and of their weights, not normalised. */
interface Multipliers {
  logs: Float64Array;
  logWeights: Float64Array;
}

/**
 * A quadrature rule for functions of `M = |1 − qs|`, `s ~ χ²_B/B`: values `log M` and logarithms of weights, not
 * normalised.
 *
 * The density `s^{B/2−1}e^{−Bs/2}` and powers of M have algebraic ends at `s = 0` and at the kink `c = 1/q`: the tanh-sinh
 * rule on [0, c] and the exp-sinh rule on [c, ∞) meet both without loss, since distances from the ends are computed as
 * such. Takahasi & Mori (1974), Publ. RIMS 9.
 *
 * @param q - Mean curvature times learning rate.
 * @param degrees - B.
 * @param step - Of the trapezoidal rule in t.
 */
function gaussianMultipliers(q: number, degrees: number, step: number): Multipliers & { logCurvatures: Float64Array } {
  const nodes = Math.ceil(6 / step);
  const count = 2 * nodes + 1;
  const logs = new Float64Array(2 * count);
  const logCurvatures = new Float64Array(2 * count);
  const logWeights = new Float64Array(2 * count);
  const logKink = -Math.log(q);
  const logDensity = (logS: number): number => (degrees / 2 - 1) * logS - (degrees / 2) * Math.exp(logS);
  for (let k = 0; k < count; k++) {
    const t = (k - nodes) * step;
    const x = (Math.PI / 2) * Math.sinh(t);
    const logSpeed = Math.log((Math.PI / 2) * Math.cosh(t));

    // s = c/(1 + e^{−2x}), 1 − qs = 1/(1 + e^{2x}), ds/dt = 2cx′/(e^x + e^{−x})².
    const below = logKink - softplus(-2 * x);
    logs[k] = -softplus(2 * x);
    logCurvatures[k] = below;
    logWeights[k] = Math.LN2 + logKink + logSpeed - softplus(2 * x) - softplus(-2 * x) + logDensity(below);

    // s = c + e^x, qs − 1 = qe^x, ds/dt = e^x·x′.
    const above = x > logKink ? x + Math.log1p(Math.exp(logKink - x)) : logKink + Math.log1p(Math.exp(x - logKink));
    logs[count + k] = x - logKink;
    logCurvatures[count + k] = above;
    logWeights[count + k] = x + logSpeed + logDensity(above);
  }
  return { logs, logWeights, logCurvatures };
}

/**
 * @internal The same of the factor by which a step changes the length of a vector in d dimensions with isotropic inputs,
 * `M² = (1 − qs)² + q²st/B`, `s ~ χ²_B/B`, `t ~ χ²_{d−1}`: a batch with inputs X sends a unit vector e to
 * `e − (q/B)XᵀXe`, whose part along e has `s = ‖Xe‖²/B` and whose part across it the squared length `q²st/B` (derived here).
 * Exp-sinh in t. Nodes without weight are left out.
 */
export function isotropicMultipliers(q: number, degrees: number, dimension: number, step: number): Multipliers {
  const along = gaussianMultipliers(q, degrees, step);
  if (dimension === 1) return along;
  const kept = (weights: Float64Array): number[] => {
    const largest = weights.reduce((most, weight) => Math.max(most, weight), -Infinity);
    return [...weights.keys()].filter((k) => weights[k]! > largest - 400);
  };
  const nodes = Math.ceil(6 / step);
  const logsAcross = Float64Array.from(
    { length: 2 * nodes + 1 },
    (_, k) => (Math.PI / 2) * Math.sinh((k - nodes) * step),
  );
  const across = logsAcross.map(
    (logT, k) => ((dimension - 1) / 2) * logT - Math.exp(logT) / 2 + Math.log(Math.cosh((k - nodes) * step)),
  );
  const [rows, columns] = [kept(along.logWeights), kept(across)];
  const logs = new Float64Array(rows.length * columns.length);
  const logWeights = new Float64Array(logs.length);
  let o = 0;
  for (const i of rows)
    for (const j of columns) {
      const squareAlong = 2 * along.logs[i]!;
      const squareAcross = 2 * Math.log(q) + along.logCurvatures[i]! + logsAcross[j]! - Math.log(degrees);
      logs[o] = (Math.max(squareAlong, squareAcross) + Math.log1p(Math.exp(-Math.abs(squareAlong - squareAcross)))) / 2;
      logWeights[o++] = along.logWeights[i]! + across[j]!;
    }
  return { logs, logWeights };
}

/** `log(1 + eˣ)`. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
