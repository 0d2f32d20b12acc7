import { cifar100Layout, cifar10Layout, recordSize, type Layout } from "./records.js";

/** A data file of a source: its name and how many records the official one has. */
export interface DataFile {
  file: string;
  records: number;
}

/** The official archives and what is in them. */
export interface Source {
  /** `cifar-10` or `cifar-100`. */
  id: SourceId;
  title: string;
  /** The folder in the archive. */
  folder: string;
  layout: Layout;
  train: DataFile[];
  test: DataFile[];
  /** Environment variable with a folder of the data files. */
  variable: string;
  url: string;
  /** Size of the archive in bytes. */
  bytes: number;
  /** MD5 of the archive, hexadecimal. */
  md5: string;
}

export type SourceId = "cifar-10" | "cifar-100";

/**
 * Addresses and sums as on https://www.cs.toronto.edu/~kriz/cifar.html; the sizes of the archives are as others report them.
 */
export const sources: Record<SourceId, Source> = {
  "cifar-10": {
    id: "cifar-10",
    title: "CIFAR-10",
    folder: "cifar-10-batches-bin",
    layout: cifar10Layout,
    train: [1, 2, 3, 4, 5].map((i) => ({ file: `data_batch_${i}.bin`, records: 10_000 })),
    test: [{ file: "test_batch.bin", records: 10_000 }],
    variable: "SGDSCOPE_CIFAR10_DIR",
    url: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    bytes: 170_052_171,
    md5: "c32a1d4ab5d03f1284b67883e8d87530",
  },
  "cifar-100": {
    id: "cifar-100",
    title: "CIFAR-100",
    folder: "cifar-100-binary",
    layout: cifar100Layout,
    train: [{ file: "train.bin", records: 50_000 }],
    test: [{ file: "test.bin", records: 10_000 }],
    variable: "SGDSCOPE_CIFAR100_DIR",
    url: "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    bytes: 168_513_733,
    md5: "03b5dce01913d631647c71ecec9e9cb8",
  },
};

/** Bytes that a complete official file has. */
export const fullSize = (source: Source, file: DataFile): number => file.records * recordSize(source.layout);
