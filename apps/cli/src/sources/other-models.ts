import { usageError } from "../terminal/errors.js";

const captured =
  'in Python: pip install sgdscope; sgdscope.capture(model.eval(), (inputs, targets), loss, optimizer, path="capture.npz"); then: sgdscope analyze --capture capture.npz';

/** Model files of other tools by their extension: why they are no LayersModel, and what to do instead. */
const others: { extensions: readonly string[]; why: string; instead: (path: string) => string }[] = [
  {
    extensions: ["npz"],
    why: "this is a file of arrays, which has no network in it",
    instead: (path) =>
      `of what sgdscope.capture wrote: sgdscope analyze --capture ${path}; of other arrays: sgdscope analyze --gram ${path}:key or --jacobian ${path}:key`,
  },
  {
    extensions: ["pt", "pth", "pkl", "pickle", "ckpt", "bin"],
    why: "a pickle can run anything when it is opened, and is never opened here",
    instead: () => captured,
  },
  {
    extensions: ["safetensors"],
    why: "this file has weights, but no network that they belong to",
    instead: () => captured,
  },
  { extensions: ["onnx"], why: "an ONNX file cannot be read here", instead: () => captured },
  {
    extensions: ["keras", "h5", "hdf5"],
    why: "a file of Keras must be converted first",
    instead: (path) =>
      `pip install tensorflowjs; tensorflowjs_converter --input_format=keras ${path} folder; then: --model folder/model.json`,
  },
];

/**
 * Refuses the model files of other tools by their names, before anything is opened.
 *
 * @throws CliError with what to do instead.
 */
export function refuseOtherModels(path: string): void {
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase();
  const found = others.find(({ extensions }) => extension !== undefined && extensions.includes(extension));
  if (found !== undefined)
    throw usageError(
      `--model: expected the model.json of a TensorFlow.js LayersModel, got ${path}: ${found.why}`,
      found.instead(path),
    );
}
