import { CifarError } from "../errors.js";
import {
  cifar100Layout,
  cifar10Layout,
  selectRecords,
  VALUES,
  type CoarseRecords,
  type Layout,
  type Records,
  type StoredRecords,
} from "../records.js";
import { readPickle } from "./pickle.js";
import { numbersOf } from "./values.js";

/**
 * Reads a batch of CIFAR-10 as its Python version stores it, and with it torchvision and Keras: a pickle of `data`, uint8 [n, 3072], and
 * `labels`, a list of n integers. Nothing in the pickle is run; any opcode or function beside those of a batch is refused.
 *
 * @param bytes - The whole file, such as `data_batch_1`: pickle protocol 2.
 * @returns All records, pixels interleaved to [count, 32, 32, 3]. Copies.
 * @throws CifarError BAD_PICKLE or INVALID_LABEL.
 * @see https://www.cs.toronto.edu/~kriz/cifar.html
 */
export function parseCifar10Python(bytes: Uint8Array): Records {
  const stored = pickledRecords("parseCifar10Python", "bytes", bytes, cifar10Layout);
  const { count, pixels, labels } = selectRecords("parseCifar10Python", "bytes", stored, cifar10Layout, 0);
  return { count, pixels, labels };
}

/**
 * Reads CIFAR-100 as its Python version stores it: as CIFAR-10, but with `coarse_labels` and `fine_labels`.
 *
 * @param bytes - The whole file, `train` or `test`: pickle protocol 2.
 * @returns All records, pixels interleaved to [count, 32, 32, 3]. Copies.
 * @throws CifarError BAD_PICKLE or INVALID_LABEL.
 * @see https://www.cs.toronto.edu/~kriz/cifar.html
 */
export function parseCifar100Python(bytes: Uint8Array): CoarseRecords {
  const caller = "parseCifar100Python";
  const stored = pickledRecords(caller, "bytes", bytes, cifar100Layout);
  const { count, pixels, labels, others } = selectRecords(caller, "bytes", stored, cifar100Layout, 1);
  return { count, pixels, labels, coarseLabels: others };
}

/** The records of a pickled batch. */
export function pickledRecords(caller: string, what: string, pickle: Uint8Array, layout: Layout): StoredRecords {
  const wrong = (expected: string, got: string): CifarError =>
    new CifarError("BAD_PICKLE", `${caller}: expected ${what} to hold ${expected}, got ${got}`);
  const value = readPickle(caller, what, pickle);
  if (typeof value !== "object" || value?.kind !== "dictionary") throw wrong("a dictionary", "another value");
  const { entries } = value;
  const array = entries.get("data");
  if (typeof array !== "object" || array?.kind !== "array" || array.state === undefined)
    throw wrong("a numpy array under data", array === undefined ? "no such key" : "another value");
  const { shape, dtype, data } = array.state;
  const [count = 0, width] = shape;
  if (dtype !== "u1" || shape.length !== 2 || width !== VALUES || data.length !== count * VALUES)
    throw wrong(`data of uint8 [n, ${VALUES}]`, `${dtype} [${shape.slice(0, 8).join(", ")}] in ${data.length} bytes`);
  const labels = layout.map(({ key }) => {
    const list = entries.get(key);
    const numbers = numbersOf(list, "list");
    if (numbers === undefined)
      throw wrong(`a list of integers under ${key}`, list === undefined ? "no such key" : "another value");
    if (numbers.length !== count) throw wrong(`${count} ${key}`, `${numbers.length}`);
    return numbers;
  });
  return { count, label: (i, place) => labels[place]![i]!, planes: (i) => i * VALUES, bytes: data };
}
