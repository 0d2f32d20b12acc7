import type { OutputLoss } from "./loss.js";
import { expectTarget, perOutput } from "./per-output.js";

/**
 * `ℓ = eᶠ − y·f` for counts y ≥ 0 and the logarithm f of their mean, summed over the outputs of an example: PyTorch's
 * `PoissonNLLLoss(log_input=True, full=False)` for one output. It leaves out `log y!`, so it may be negative.
 *
 * `s = eᶠ − y`, `S = eᶠ`, `r̃ = e^{f/2} − y·e^{−f/2}`.
 */
export const poissonLoss = (): OutputLoss =>
  perOutput(
    {
      id: "poisson",
      label: "Poisson loss, eᶠ − yf",
      source: "McCullagh & Nelder, Generalized Linear Models, 2nd ed., §6; the residual is Pearson's",
    },
    {
      check: (y, where) => expectTarget("poisson", y >= 0, "of at least 0", y, where),
      value: (f, y) => Math.exp(f) - y * f,
      least: (y) => ({ value: y === 0 ? 0 : y - y * Math.log(y), output: Math.log(y) }),
      derivatives: (f, y) => {
        const mean = Math.exp(f);
        const root = Math.exp(f / 2);
        const residual = y === 0 ? root : root - y * Math.exp(-f / 2);
        return { gradient: mean - y, root, residual };
      },
    },
  );
