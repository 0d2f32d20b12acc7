/**
 * @internal A quadrature rule for functions of `M = |1 − qs|`, `s ~ χ²_B/B`: values `log M` and logarithms of weights, not
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
export function gaussianMultipliers(
  q: number,
  degrees: number,
  step: number,
): { logs: Float64Array; logWeights: Float64Array } {
  const nodes = Math.ceil(6 / step);
  const count = 2 * nodes + 1;
  const logs = new Float64Array(2 * count);
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
    logWeights[k] = Math.LN2 + logKink + logSpeed - softplus(2 * x) - softplus(-2 * x) + logDensity(below);

    // s = c + e^x, qs − 1 = qe^x, ds/dt = e^x·x′.
    const above = x > logKink ? x + Math.log1p(Math.exp(logKink - x)) : logKink + Math.log1p(Math.exp(x - logKink));
    logs[count + k] = x - logKink;
    logWeights[count + k] = x + logSpeed + logDensity(above);
  }
  return { logs, logWeights };
}

/** `log(1 + eˣ)`. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
