import { ModelsError, show } from "../errors.js";

import { assertGraph } from "./graph.js";

type Config = Record<string, unknown>;

const isConfig = (value: unknown): value is Config =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * A topology as TensorFlow.js reads it: what Keras 3 writes in another way is rewritten, and what TensorFlow.js would leave out in
 * silence, so that another function came out, is refused.
 *
 * @param topology - `modelTopology` of a `model.json`; not changed.
 * @throws ModelsError `UNSUPPORTED`, naming the layer and what about it is not supported.
 */
export function readableTopology(topology: Config): Config {
  const model = topology["model_config"] ?? topology;
  if (!isConfig(model)) throw new ModelsError("FILE_CONTENT", `expected a model in modelTopology, got ${show(model)}`);
  return rewritten(model) as Config;
}

function rewritten(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rewritten);
  if (!isConfig(value)) return value;
  const className = value["class_name"];
  if (typeof className !== "string")
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, rewritten(each)]));
  if (className === "DTypePolicy") return isConfig(value["config"]) ? value["config"]["name"] : undefined;
  if (className === "function" || className === "Custom>function")
    throw new ModelsError("UNSUPPORTED", `the function ${show(value["config"])} is not known`);
  const rest = Object.fromEntries(Object.entries(value).filter(([key]) => !onlyKeras3.has(key)));
  const config = isConfig(value["config"]) ? configOf(className, value["config"]) : value["config"];
  const nodes = value["inbound_nodes"];
  return {
    ...rest,
    class_name: norms.has(className) ? "L1L2" : className,
    config,
    ...(Array.isArray(nodes) ? { inbound_nodes: nodes.map((node) => nodeOf(value, node)) } : {}),
  };
}

/** What Keras 3 adds to every serialised object. */
const onlyKeras3: ReadonlySet<string> = new Set(["module", "registered_name", "build_config", "compile_config"]);
const norms: ReadonlySet<string> = new Set(["L1", "L2"]);

function configOf(className: string, config: Config): Config {
  assertKept(className, config);
  const next = rewritten(config) as Config;
  if (isConfig(next["seed"])) next["seed"] = null;
  // TensorFlow.js would apply constraints to the weights of the file, and change them.
  for (const field of Object.keys(next)) if (field.endsWith("_constraint")) next[field] = null;
  if (norms.has(className)) return { l1: config["l1"] ?? 0, l2: config["l2"] ?? 0 };
  if (className === "InputLayer" && next["batch_shape"] != null) {
    next["batch_input_shape"] ??= next["batch_shape"];
    delete next["batch_shape"];
  }
  if (className === "LeakyReLU" && next["negative_slope"] != null) next["alpha"] ??= next["negative_slope"];
  if (className === "Model" || className === "Functional") assertGraph(next);
  for (const end of ["input_layers", "output_layers"])
    if (Array.isArray(next[end]) && typeof next[end][0] === "string") next[end] = [next[end]];
  return next;
}

const isOne = (value: unknown): boolean => value == null || [value].flat(2).every((each) => each === 1);
const isNothing = (value: unknown): boolean => value == null || value === 0 || value === false;

/** Fields that TensorFlow.js 4 does not read, or reads and does not use, with what they must be for that to change nothing. */
const kept: readonly [layers: RegExp, field: string, harmless: (value: unknown) => boolean][] = [
  [/^ReLU$/, "negative_slope", isNothing],
  [/^ReLU$/, "threshold", isNothing],
  [/^LayerNormalization$/, "rms_scaling", isNothing],
  [/^DepthwiseConv2D$/, "dilation_rate", isOne],
  [/^Conv[23]DTranspose$/, "dilation_rate", isOne],
  [/^Conv[23]DTranspose$/, "output_padding", (value) => value == null],
  [/Conv[123]D/, "groups", isOne],
  [/^(RNN|SimpleRNN|GRU|LSTM)$/, "time_major", isNothing],
  [/^Dense$|^Embedding$|^Conv/, "lora_rank", (value) => value == null],
  [/^UpSampling2D$/, "interpolation", (value) => value == null || value === "nearest" || value === "bilinear"],
];

function assertKept(className: string, config: Config): void {
  for (const [layers, field, harmless] of kept)
    if (layers.test(className) && !harmless(config[field]))
      throw new ModelsError(
        "UNSUPPORTED",
        `layer ${String(config["name"])} (${className}) has ${field} ${show(config[field])}, which TensorFlow.js leaves out`,
      );
}

/** A call of a layer: Keras 3 lists its arguments, Keras 2 and TensorFlow.js `[layer, node, tensor, arguments]` per input. */
function nodeOf(layer: Config, node: unknown): unknown {
  if (!isConfig(node)) return node;
  const { args, kwargs } = node;
  const refuse = (what: string): never => {
    throw new ModelsError(
      "UNSUPPORTED",
      `layer ${String(layer["name"])} (${String(layer["class_name"])}) is called with ${what}, which is not supported`,
    );
  };
  const tensors = Array.isArray(args) ? args.flat() : refuse("no list of arguments");
  const named = isConfig(kwargs) ? kwargs : {};
  const given = Object.entries(named).filter(([, value]) => value !== null);
  for (const [name, value] of given)
    if (typeof value === "object") refuse(`the tensor argument ${show(name)}`);
    else if (name === "training" && value === true) refuse("training=True");
  return tensors.map((tensor) => {
    const history = isConfig(tensor) && isConfig(tensor["config"]) ? tensor["config"]["keras_history"] : undefined;
    if (!Array.isArray(history) || history.length !== 3) return refuse(`the argument ${show(tensor)}`);
    return [...(history as unknown[]), Object.fromEntries(given)];
  });
}
