import { corruptLabels, loadCifar10, syntheticLookalike, type ImageDataset } from "@sgdscope/cifar-loader";
import type { DataSpec } from "./task.js";

/**
 * The images a task asks for, pixel/255 minus the mean image, divided by the overall standard deviation.
 *
 * @throws CifarError where there is no such data.
 */
export async function datasetOf(spec: DataSpec): Promise<ImageDataset> {
  const dataset = await trueDatasetOf(spec);
  if (spec.randomLabels === undefined) return dataset;
  const classes = dataset.classes.length;
  const corrupted = corruptLabels(dataset, { fraction: (classes - 1) / classes, random: spec.randomLabels.seed });
  return { ...corrupted, name: `${dataset.name}, random labels` };
}

async function trueDatasetOf(spec: DataSpec): Promise<ImageDataset> {
  if (spec.kind === "synthetic")
    return syntheticLookalike({
      classes: spec.classes,
      count: spec.count,
      targets: spec.targets,
      random: spec.seed,
      scaling: "standardized",
    });
  return loadCifar10({
    classes: spec.classes,
    count: spec.count,
    targets: spec.targets,
    scaling: "standardized",
    ...(spec.directory === undefined ? {} : { directory: spec.directory }),
    ...(spec.offset === undefined ? {} : { offset: spec.offset }),
    ...(spec.allowPrefix === undefined ? {} : { allowPrefix: spec.allowPrefix }),
  });
}
