export { cifar100Classes, cifar100Superclasses, cifar10Classes } from "./class-names.js";
export type { Amount, ClassChoice } from "./classes.js";
export {
  corruptLabels,
  corruptPixels,
  type CorruptedDataset,
  type CorruptLabelsOptions,
  type PixelCorruption,
} from "./corrupt.js";
export { createDataset, type DatasetOptions, type RecordNames } from "./create-dataset.js";
export type { FileUse, ImageDataset, PixelStatistics, Provenance, TargetEncoding } from "./dataset.js";
export { CifarError, type CifarErrorCode } from "./errors.js";
export { loadCifar10, loadCifar100, type LoadCifar100Options, type LoadOptions } from "./load.js";
export { cacheDirectory, findCifar10, findCifar100, type Found } from "./locate.js";
export type { Randomness } from "./random.js";
export { parseCifar10, parseCifar100 } from "./binary.js";
export { parseCifar100Python, parseCifar10Python } from "./python/batch.js";
export type { CoarseRecords, Records } from "./records.js";
export { batches, gather, shuffle, take, type Batch } from "./transform.js";
export { syntheticLookalike, type SyntheticOptions } from "./synthetic.js";
export { download, type Downloaded, type DownloadOptions, type DownloadProgress } from "./download/download.js";
export type { SourceId } from "./sources.js";
