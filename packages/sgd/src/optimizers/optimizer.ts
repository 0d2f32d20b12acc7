import { SgdError } from "../errors.js";

/** Coupled weight decay γ ≥ 0: every rule follows g + γθ, as PyTorch's `weight_decay`. Default 0. */
interface Decaying {
  weightDecay?: number;
}

/** SGD with at most one velocity. */
export type Momentum =
  | ({ kind: "sgd" } & Decaying)
  /** β in (−1, 1), dampening τ in [0, 1]. */
  | ({ kind: "heavy-ball"; momentum: number; dampening?: number } & Decaying)
  /** β in [0, 1). */
  | ({ kind: "nesterov"; momentum: number } & Decaying)
  /** β in (−1, 1). */
  | ({ kind: "ema"; momentum: number } & Decaying);

/** Adam; β₁ = 0.9, β₂ = 0.999, ε = 1e-8 by default. */
export type Adam = { kind: "adam"; beta1?: number; beta2?: number; epsilon?: number } & Decaying;

/** RMSprop; α = 0.99, ε = 1e-8, no momentum, not centred by default. */
export type RmsProp = {
  kind: "rmsprop";
  alpha?: number;
  epsilon?: number;
  momentum?: number;
  centered?: boolean;
} & Decaying;

/** SAM, sharpness-aware minimization: ρ = 0.05 by default, and β in [0, 1) of the heavy ball that takes its steps, none by default. */
export type Sam = { kind: "sam"; rho?: number; momentum?: number } & Decaying;

/**
 * IRE, implicit regularization enhancement: `prog` ≥ 0 (2 by default) and `rank` in [0, 1) (0.2 by default) say how much longer its steps are
 * along flat coordinates, and which share of the coordinates is sharp; β in [0, 1) of the heavy ball that takes its steps, none by default.
 */
export type Ire = { kind: "ire"; prog?: number; rank?: number; momentum?: number } & Decaying;

/**
 * How a gradient g becomes a step, in the conventions of PyTorch.
 *
 * | kind | step | PyTorch |
 * | --- | --- | --- |
 * | `sgd` | `θ ← θ − ηg` | `SGD()` |
 * | `heavy-ball` | `m ← βm + (1 − τ)g`, at first `m = g`; `θ ← θ − ηm` | `SGD(momentum=β, dampening=τ)` |
 * | `nesterov` | `m ← βm + g`, `θ ← θ − η(g + βm)` | `SGD(momentum=β, nesterov=True)` |
 * | `ema` | `heavy-ball` with τ = β | `SGD(momentum=β, dampening=β)` |
 * | `adam` | `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`, `θ ← θ − η m̂/(√v̂ + ε)`, `m̂ = m/(1 − β₁ᵗ)`, `v̂ = v/(1 − β₂ᵗ)` | `Adam(betas=(β₁, β₂), eps=ε)` |
 * | `rmsprop` | `v ← αv + (1 − α)g²`, `b ← βb + g/(√v + ε)`, `θ ← θ − ηb`; centred: `v − ḡ²` under the root, `ḡ ← αḡ + (1 − α)g` | `RMSprop(alpha=α, eps=ε, momentum=β, centered=…)` |
 *
 * | `sam` | the step of `heavy-ball` or `sgd` with the gradient of the same batch at `θ + ρg/(‖g‖ + 1e-12)` in the place of g | two backward passes and `SGD(momentum=β)` |
 * | `ire` | `m ← βm + g`, `θ ← θ − ηP⁻¹m`, `P⁻¹ = 1 + prog` for flat coordinates and 1 for the share `rank` of them with the largest g² in the batch of every tenth step | a scaled step of `SGD(momentum=β)` |
 *
 * SAM takes its ascent by the gradient of the batch as it is; clipping and weight decay are those of the step.
 *
 * @see Kingma and Ba (2015), arXiv:1412.6980, for Adam; Graves (2013), arXiv:1308.0850, for centred RMSprop; Foret et al. (2021),
 *   arXiv:2010.01412, for SAM, in the form of its public implementations, as recalled; Wang et al. (2024), arXiv:2405.20763, for IRE, whose
 *   code ranks coordinates by the diagonal of the Fisher matrix with labels that are sampled from the model: g² of a batch stands for it here.
 */
export type Optimizer = Momentum | Adam | RmsProp | Sam | Ire;

/** The optimizers, by kind. */
export const optimizerKinds = ["sgd", "heavy-ball", "nesterov", "ema", "adam", "rmsprop", "sam", "ire"] as const;

/** Each kind with every setting it has. */
export type CompleteOptimizer =
  | { kind: "sgd"; weightDecay: number }
  | { kind: "heavy-ball" | "nesterov" | "ema"; momentum: number; dampening: number; weightDecay: number }
  | Required<Adam>
  | Required<RmsProp>
  | Required<Sam>
  | Required<Ire>;

/** The optimizer with its defaults, those of PyTorch; averaged momentum has its dampening. Called at every step: no spreads. */
export function completeOptimizer(optimizer: Optimizer): CompleteOptimizer {
  const { kind, weightDecay = 0 } = optimizer;
  switch (kind) {
    case "sgd":
      return { kind, weightDecay };
    case "heavy-ball":
      return { kind, momentum: optimizer.momentum, dampening: optimizer.dampening ?? 0, weightDecay };
    case "nesterov":
      return { kind, momentum: optimizer.momentum, dampening: 0, weightDecay };
    case "ema":
      return { kind, momentum: optimizer.momentum, dampening: optimizer.momentum, weightDecay };
    case "adam": {
      const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = optimizer;
      return { kind, beta1, beta2, epsilon, weightDecay };
    }
    case "rmsprop": {
      const { alpha = 0.99, epsilon = 1e-8, momentum = 0, centered = false } = optimizer;
      return { kind, alpha, epsilon, momentum, centered, weightDecay };
    }
    case "sam": {
      const { rho = 0.05, momentum = 0 } = optimizer;
      return { kind, rho, momentum, weightDecay };
    }
    case "ire": {
      const { prog = 2, rank = 0.2, momentum = 0 } = optimizer;
      return { kind, prog, rank, momentum, weightDecay };
    }
  }
}

/** Refuses what is no optimizer, by the name of the setting. */
export function expectOptimizer(caller: string, optimizer: Optimizer): void {
  if (!(optimizerKinds as readonly unknown[]).includes((optimizer as Partial<Optimizer> | undefined)?.kind))
    throw new SgdError(
      "INVALID_OPTIMIZER",
      `${caller}: expected optimizer.kind ${optimizerKinds.join(", ")}, got ${String((optimizer as Partial<Optimizer> | undefined)?.kind)}`,
    );
  const complete = completeOptimizer(optimizer);
  const expect = (name: string, value: number, range: string, inside: boolean): void => {
    if (!inside)
      throw new SgdError(
        name === "momentum" ? "INVALID_MOMENTUM" : "INVALID_OPTIMIZER",
        `${caller}: expected ${name} in ${range}, got ${value}`,
      );
  };
  const share = (name: string, value: number): void => expect(name, value, "[0, 1)", value >= 0 && value < 1);
  expect("weightDecay", complete.weightDecay, "[0, ∞)", complete.weightDecay >= 0 && complete.weightDecay < Infinity);
  switch (complete.kind) {
    case "sgd":
      return;
    case "adam":
      share("beta1", complete.beta1);
      share("beta2", complete.beta2);
      break;
    case "rmsprop":
      share("alpha", complete.alpha);
      share("momentum", complete.momentum);
      break;
    case "sam":
      share("momentum", complete.momentum);
      expect("rho", complete.rho, "[0, ∞)", complete.rho >= 0 && complete.rho < Infinity);
      return;
    case "ire":
      share("momentum", complete.momentum);
      share("rank", complete.rank);
      expect("prog", complete.prog, "[0, ∞)", complete.prog >= 0 && complete.prog < Infinity);
      return;
    default: {
      const { kind, momentum, dampening } = complete;
      if (kind === "nesterov") share("momentum", momentum);
      else expect("momentum", momentum, "(-1, 1)", momentum > -1 && momentum < 1);
      if (kind === "heavy-ball") expect("dampening", dampening, "[0, 1]", dampening >= 0 && dampening <= 1);
      return;
    }
  }
  expect("epsilon", complete.epsilon, "[0, ∞)", complete.epsilon >= 0 && complete.epsilon < Infinity);
}
