import { cacheDirectory, download, findCifar10, findCifar100 } from "@sgdscope/cifar-loader";
import { printJson } from "../terminal/json.js";
import { progressOn } from "../terminal/progress.js";
import type { DownloadCliOptions } from "./options.js";
import { print } from "../terminal/print.js";

/** Prints which data sets are here. */
export async function dataStatus({ json }: { json?: boolean }): Promise<void> {
  const found = { "cifar-10": await findCifar10(), "cifar-100": await findCifar100() };
  const cache = await cacheDirectory();
  if (json === true) {
    printJson({ schema: "sgdscope/data@1", cache, ...found });
    return;
  }
  for (const [name, place] of Object.entries(found)) {
    const state =
      place === undefined
        ? `not here; sgdscope data download ${name} fetches it`
        : `${place.directory} (${place.complete ? "complete" : "incomplete: the first records only"}, from the ${place.from})`;
    print(`${name.padEnd(10)} ${state}\n`);
  }
  print(`${"synthetic".padEnd(10)} always here: procedural look-alike images\n`);
  print(`\nLooked into SGDSCOPE_CIFAR10_DIR, SGDSCOPE_CIFAR100_DIR and ${cache}\n`);
}

/** Downloads one data set with a progress bar; Ctrl-C leaves what came for the next try. */
export async function dataDownload(dataset: "cifar-10" | "cifar-100", options: DownloadCliOptions): Promise<void> {
  const progress = progressOn(process.stderr, options.quiet === true);
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.once("SIGINT", stop);
  try {
    const { directory, cached } = await download({
      dataset,
      directory: options.directory,
      url: options.url,
      signal: controller.signal,
      onProgress: ({ phase, bytes, total }) =>
        progress.update(
          total === undefined ? 0 : bytes / total,
          `${phase} ${(bytes / 1e6).toFixed(1)}${total === undefined ? "" : ` of ${(total / 1e6).toFixed(0)}`} MB`,
        ),
    });
    progress.end();
    print(`${dataset} ${cached ? "was already" : "is now"} in ${directory}\n`);
  } finally {
    progress.end();
    process.removeListener("SIGINT", stop);
  }
}
