import type { Command } from "commander";
import { Option } from "commander";
import {
  backends,
  integerList,
  momentumNumber,
  positiveInteger,
  positiveNumber,
  samplings,
  seedNumber,
  wholeNumber,
  type BackendName,
  type Sampling,
} from "./options.js";

const networks = ["fully-connected", "small-cnn", "lenet", "vgg", "resnet"] as const;

export interface TrainOptions {
  data: "auto" | "cifar10" | "synthetic";
  directory?: string;
  allowPrefix?: boolean;
  classes: number[];
  count: number;
  model: (typeof networks)[number];
  modelOptions?: string;
  widths?: number[];
  channels?: number[];
  learningRate: number;
  batchSize: number | "all";
  sampling: Sampling;
  momentum: number;
  clipNorm: number;
  warmUp: number;
  maxSteps: number;
  lossBelow: number;
  every: number;
  seed: number;
  out: string;
  checkpointEvery: number;
  resume?: boolean;
  backend: BackendName;
  json?: boolean;
  quiet?: boolean;
}

const classList = (text: string): number[] => text.split(",").map((part) => wholeNumber(part.trim()));
const batch = (text: string): number | "all" => (text === "all" ? "all" : positiveInteger(text));

/** `sgdscope train`: one network to a minimum, as a folder that can be measured and resumed. */
export function addTrain(program: Command): void {
  program
    .command("train")
    .summary("train one network to a minimum; resumable")
    .description(
      "Trains one network by SGD on the square loss L = (1/2n) Σ‖f − y‖² until it interpolates, and measures there.\n\n" +
        "Writes a run folder: run.json (everything that determines the run, and its result), metrics.jsonl (the loss along the " +
        "way), parameters.safetensors (for sgdscope measure --run), checkpoint.* (for --resume). The folder's name is a hash of " +
        "the resolved settings, so the same settings give the same folder.",
    )
    .addOption(
      new Option("--data <which>", "images to train on").choices(["auto", "cifar10", "synthetic"]).default("auto"),
    )
    .option("--directory <folder>", "folder of the CIFAR-10 binary batches; default where sgdscope data finds them")
    .option("--allow-prefix", "accept CIFAR-10 files that are whole-record prefixes of the official ones")
    .option(
      "--classes <c,…>",
      "class labels in the order of the targets; two give one output ±1, more give one-hot",
      classList,
      [0, 1],
    )
    .option("--count <n>", "examples: the first n of these classes in file order", positiveInteger, 200)
    .addOption(new Option("--model <kind>", "network").choices(networks).default("fully-connected"))
    .option("--widths <m,…>", "hidden widths of a fully connected network; default 64,64", integerList)
    .option("--channels <c,…>", "channels of a small CNN; default 8,16", integerList)
    .option("--model-options <json>", 'more options of the network as a JSON object, e.g. \'{"activation":"tanh"}\'')
    .requiredOption("--learning-rate <η>", "learning rate", positiveNumber)
    .requiredOption("--batch-size <B>", 'batch size, or "all" for gradient descent', batch)
    .addOption(
      new Option("--sampling <how>", "how batches are drawn").choices(samplings).default("without-replacement"),
    )
    .option(
      "--momentum <μ>",
      "heavy-ball momentum (PyTorch's convention); the stability theory speaks of 0",
      momentumNumber,
      0,
    )
    .option("--clip-norm <g>", "global gradient-norm clip", positiveNumber, 5)
    .option("--warm-up <steps>", "steps over which the learning rate rises to η", wholeNumber, 500)
    .option("--max-steps <count>", "steps after which the run ends in any case", positiveInteger, 60_000)
    .option("--loss-below <L>", "stop when the full loss is below this", positiveNumber, 1e-6)
    .option("--every <steps>", "steps between checks of the full loss", positiveInteger, 500)
    .option("--seed <number>", "seed of initial parameters, batches and probes", seedNumber, 1)
    .option("--out <folder>", "where run folders go", "runs")
    .option("--checkpoint-every <steps>", "steps between checkpoints", positiveInteger, 5000)
    .option("--resume", "go on from the checkpoint of the same settings, bit for bit on the same backend")
    .addOption(
      new Option("--backend <name>", "TensorFlow.js backend").choices(backends).default("auto").env("SGDSCOPE_BACKEND"),
    )
    .option("--json", "print the result as one JSON document (schema sgdscope/run@1)")
    .option("--quiet", "no progress")
    .action(async (options: TrainOptions) => (await import("../actions/train.js")).trainRun(options));
}
