import type { OutputLoss } from "./loss.js";
import { perOutput } from "./per-output.js";

/** `ℓ = ½‖f − y‖²`: S is the identity, and the residuals are f − y. PyTorch's `MSELoss` is 2/C times this. */
export const squareLoss = (): OutputLoss =>
  perOutput(
    { id: "square", label: "square loss, ½‖f − y‖²", source: "definition" },
    {
      value: (f, y) => 0.5 * (f - y) ** 2,
      least: (y) => ({ value: 0, output: y }),
      derivatives: (f, y) => ({ gradient: f - y, root: 1, residual: f - y }),
    },
  );
