import { networkKinds, type NetworkKind } from "@sgdscope/models-cnn";
import type { ProbeId, TrainingLoss } from "@sgdscope/training";
import {
  dataDefaults,
  lossBelowOfLogits,
  optimizerKinds,
  probeIds,
  probeOverhead,
  trainingDefaults as defaults,
  trainingLosses,
} from "@sgdscope/training/defaults";
import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import { backendOption, samplings, type BackendName, type ImageOptions, type Sampling } from "../options/common.js";
import {
  batchSizeNumber,
  dampeningNumber,
  integerList,
  momentumNumber,
  nonNegativeNumber,
  positiveInteger,
  positiveNumber,
  seedNumber,
  smoothingNumber,
  wholeNumber,
} from "../options/parsers.js";

export interface TrainOptions extends ImageOptions {
  data: "auto" | "cifar10" | "synthetic";
  classes: number[];
  count: number;
  model: NetworkKind;
  modelOptions?: string;
  widths?: number[];
  channels?: number[];
  learningRate: number;
  batchSize: number | "all";
  sampling: Sampling;
  loss: TrainingLoss;
  labelSmoothing?: number;
  delta?: number;
  momentum: number;
  nesterov?: boolean;
  optimizer?: (typeof optimizerKinds)[number];
  dampening?: number;
  weightDecay?: number;
  beta1?: number;
  beta2?: number;
  alpha?: number;
  epsilon?: number;
  centered?: boolean;
  rho?: number;
  prog?: number;
  rank?: number;
  clipNorm: number;
  warmUp: number;
  maxSteps: number;
  lossBelow?: number;
  every: number;
  seed: number;
  out: string;
  checkpointEvery: number;
  probe: readonly ProbeId[] | "all" | "none";
  probeOverhead?: number;
  probeEvery?: number;
  resume?: boolean;
  backend: BackendName;
  json?: boolean;
  quiet?: boolean;
}

const classList = (text: string): number[] => {
  const classes = text.split(",").map((part) => wholeNumber(part.trim()));
  if (classes.length < 2) throw new InvalidArgumentError(`Expected at least two class labels, got '${text}'.`);
  return classes;
};
const batch = (text: string): number | "all" => (text === "all" ? "all" : batchSizeNumber(text));

const probeList = (text: string): TrainOptions["probe"] => {
  const names = text.split(",").map((name) => name.trim());
  if (names.length === 1 && (names[0] === "all" || names[0] === "none")) return names[0];
  const wrong = names.find((name) => !(probeIds as readonly string[]).includes(name));
  if (wrong !== undefined)
    throw new InvalidArgumentError(`Expected all, none or some of ${probeIds.join(", ")}, got '${wrong}'.`);
  return names as ProbeId[];
};

/** The options of `sgdscope train`. */
export function addTrainOptions(command: Command): Command {
  return command
    .summary("train one network to a minimum; resumable")
    .description(
      "Trains one network by SGD on the square loss L = (1/2n) Σ‖f − y‖², or the mean of another (--loss), until it interpolates " +
        "(--loss-below), and measures there.\n\n" +
        "Writes a run folder: run.json (everything that determines the run, and its result), metrics.jsonl (the loss along the " +
        "way, and what --probe measures of the edge), parameters.safetensors (for sgdscope measure --run), checkpoint.* (for --resume). The folder's name is a hash of " +
        "all settings, defaults included: the same settings give the same folder, which one process writes at a time.",
    )
    .addOption(
      new Option("--data <which>", "images to train on").choices(["auto", "cifar10", "synthetic"]).default("auto"),
    )
    .option("--directory <folder>", "folder of the CIFAR-10 binary batches (default: the one sgdscope data shows)")
    .option("--allow-prefix", "accept incomplete CIFAR-10 files that hold the first records of the official ones")
    .option(
      "--classes <c,…>",
      "class labels in the order of the targets; two give one output ±1, more give one-hot targets",
      classList,
      [...dataDefaults.classes],
    )
    .option(
      "--count <n>",
      "number of examples: the first n of these classes in file order",
      positiveInteger,
      dataDefaults.count,
    )
    .addOption(new Option("--model <kind>", "kind of network").choices(networkKinds).default("fully-connected"))
    .option("--widths <m,…>", "hidden widths of a fully connected network (default: 64,64)", integerList)
    .option("--channels <c,…>", "channels of a small CNN (default: 8,16)", integerList)
    .option("--model-options <json>", 'more options of the network as a JSON object, e.g. \'{"activation":"tanh"}\'')
    .requiredOption("--learning-rate <η>", "learning rate (required)", positiveNumber)
    .requiredOption(
      "--batch-size <B>",
      'batch size, or "all" for gradient descent; with --sampling bernoulli an expected size (required)',
      batch,
    )
    .addOption(new Option("--sampling <how>", "how batches are drawn").choices(samplings).default(defaults.sampling))
    .addOption(
      new Option("--loss <name>", "loss on the outputs; cross-entropy has one output per class, also for two")
        .choices(trainingLosses)
        .default("square"),
    )
    .option(
      "--label-smoothing <ε>",
      "label smoothing of cross-entropy, as in PyTorch, or of logistic, as in Keras",
      smoothingNumber,
    )
    .option("--delta <δ>", "δ of pseudo-huber (default: 1)", positiveNumber)
    .addOption(
      new Option(
        "--optimizer <kind>",
        "optimizer, in PyTorch's conventions; ema is SGD(momentum=β, dampening=β), sam is sharpness-aware minimization and ire implicit regularization enhancement, both around SGD (default: sgd, or heavy-ball with --momentum)",
      ).choices(optimizerKinds),
    )
    .option("--momentum <β>", "momentum of the optimizer: SGD, RMSprop, SAM or IRE", momentumNumber, defaults.momentum)
    .option("--nesterov", "Nesterov's momentum in the place of the heavy ball's")
    .option("--dampening <τ>", "dampening of the heavy ball's momentum (default: 0)", dampeningNumber)
    .option(
      "--weight-decay <γ>",
      "coupled weight decay of the optimizer, as PyTorch's weight_decay (default: 0)",
      nonNegativeNumber,
    )
    .option("--beta1 <β₁>", "decay of Adam's first moment (default: 0.9)", momentumNumber)
    .option("--beta2 <β₂>", "decay of Adam's second moment (default: 0.999)", momentumNumber)
    .option("--alpha <α>", "decay of RMSprop's average of squares (default: 0.99)", momentumNumber)
    .option("--epsilon <ε>", "added to the root by Adam and RMSprop (default: 1e-8)", nonNegativeNumber)
    .option("--centered", "RMSprop by the variance of the gradient")
    .option("--rho <ρ>", "how far SAM ascends along the gradient of a batch (default: 0.05)", nonNegativeNumber)
    .option("--prog <κ>", "IRE's steps along flat coordinates are 1 + κ times as long (default: 2)", nonNegativeNumber)
    .option("--rank <share>", "share of the coordinates that IRE takes for sharp (default: 0.2)", momentumNumber)
    .option(
      "--clip-norm <g>",
      "largest norm of the gradient of a batch; longer ones are scaled down",
      positiveNumber,
      defaults.clipNorm,
    )
    .option("--warm-up <steps>", "steps over which the learning rate rises to η", wholeNumber, defaults.warmUp)
    .option("--max-steps <count>", "steps after which the run ends in any case", positiveInteger, defaults.maxSteps)
    .option(
      "--loss-below <L>",
      `stop when the full loss, of smoothed labels what it is over their entropy, is below this (default: ${defaults.lossBelow.toExponential()}, of cross-entropy and logistic without smoothing ${lossBelowOfLogits.toExponential()})`,
      positiveNumber,
    )
    .option("--every <steps>", "steps between checks of the full loss", positiveInteger, defaults.every)
    .option("--seed <number>", "seed of initial parameters, batches and probes", seedNumber, defaults.seed)
    .option("--out <folder>", "where run folders go", "runs")
    .option("--checkpoint-every <steps>", "steps between checkpoints", positiveInteger, 5000)
    .option(
      "--probe <which,…>",
      `measure the edge of stability along the way, into metrics.jsonl: all, none or some of ${probeIds.join(", ")}; the training stays the same to the last bit`,
      probeList,
      "none",
    )
    .option(
      "--probe-overhead <share>",
      `most time of probes, as a share of that of the steps, by the processor and by the wall clock; they come at checks of the loss, cheap ones more often (default: ${probeOverhead})`,
      positiveNumber,
    )
    .addOption(
      new Option("--probe-every <steps>", "measure every so many steps instead, whatever it costs")
        .argParser(positiveInteger)
        .conflicts("probeOverhead"),
    )
    .option("--resume", "continue from the checkpoint of the same settings, bit for bit on the same backend")
    .addOption(backendOption())
    .option("--json", "print one JSON document (schema sgdscope/run@2)")
    .option("--quiet", "no progress and no notes");
}
