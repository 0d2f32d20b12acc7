import { recordSize } from "./binary.js";
import { cifar100Layout, cifar10Layout, VALUES, type Layout } from "./records.js";

/** A data file of a source: its name and how many records the official one has. */
export interface DataFile {
  file: string;
  records: number;
}

/** One of the two forms in which a data set is published: an archive, and what is in it. */
export interface Packing {
  /** `binary`: records of bytes. `python`: pickles, which torchvision and Keras download. */
  format: "binary" | "python";
  /** File name of the archive. */
  archive: string;
  /** Size of the archive in bytes. */
  bytes: number;
  /** The folder in the archive. */
  folder: string;
  train: DataFile[];
  test: DataFile[];
}

/** A data set: its binary form, which `download` fetches, and beside it the Python one. */
export interface Source extends Packing {
  /** `cifar-10` or `cifar-100`. */
  id: SourceId;
  title: string;
  layout: Layout;
  /** Environment variable with a folder of the data files, or an archive. */
  variable: string;
  url: string;
  /** MD5 of the archive, hexadecimal. */
  md5: string;
  python: Packing;
}

export type SourceId = "cifar-10" | "cifar-100";

/**
 * Addresses and sums as on https://www.cs.toronto.edu/~kriz/cifar.html; the sizes of the archives are as others report them.
 */
export const sources: Record<SourceId, Source> = {
  "cifar-10": {
    id: "cifar-10",
    title: "CIFAR-10",
    format: "binary",
    archive: "cifar-10-binary.tar.gz",
    folder: "cifar-10-batches-bin",
    layout: cifar10Layout,
    train: [1, 2, 3, 4, 5].map((i) => ({ file: `data_batch_${i}.bin`, records: 10_000 })),
    test: [{ file: "test_batch.bin", records: 10_000 }],
    variable: "SGDSCOPE_CIFAR10_DIR",
    url: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    bytes: 170_052_171,
    md5: "c32a1d4ab5d03f1284b67883e8d87530",
    python: {
      format: "python",
      archive: "cifar-10-python.tar.gz",
      bytes: 170_498_071,
      folder: "cifar-10-batches-py",
      train: [1, 2, 3, 4, 5].map((i) => ({ file: `data_batch_${i}`, records: 10_000 })),
      test: [{ file: "test_batch", records: 10_000 }],
    },
  },
  "cifar-100": {
    id: "cifar-100",
    title: "CIFAR-100",
    format: "binary",
    archive: "cifar-100-binary.tar.gz",
    folder: "cifar-100-binary",
    layout: cifar100Layout,
    train: [{ file: "train.bin", records: 50_000 }],
    test: [{ file: "test.bin", records: 10_000 }],
    variable: "SGDSCOPE_CIFAR100_DIR",
    url: "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    bytes: 168_513_733,
    md5: "03b5dce01913d631647c71ecec9e9cb8",
    python: {
      format: "python",
      archive: "cifar-100-python.tar.gz",
      bytes: 169_001_437,
      folder: "cifar-100-python",
      train: [{ file: "train", records: 50_000 }],
      test: [{ file: "test", records: 10_000 }],
    },
  },
};

/** Both forms of a data set, in the order in which they are looked for. */
export const packingsOf = (source: Source): Packing[] => [source, source.python];

/** Bytes that a complete official binary file has. */
export const fullSize = (source: Source, file: DataFile): number => file.records * recordSize(source.layout);

/** Bytes that a file of all its records has at least. */
export const leastSize = (source: Source, { format }: Packing, file: DataFile): number =>
  format === "binary" ? fullSize(source, file) : file.records * VALUES;

/** Bytes that a file has at most; Python 3 writes pixels beyond 127 as two bytes each, and names and labels take room too. */
export const mostSize = (source: Source, { format }: Packing, file: DataFile): number =>
  format === "binary" ? fullSize(source, file) : file.records * (2 * VALUES + 1024);
