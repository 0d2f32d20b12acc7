import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readArray } from "@sgdscope/array-files";
import type { Answer, Contender } from "./contender.js";
import { readNetwork, type Written } from "./networks.js";
import { relativeDistance } from "../report/statistics.js";
import type { Workload } from "./workloads.js";

/** Relative error of a contender's answer; `saved` is the file of its vector, which is removed. */
export type Judge = (answer: Answer, saved: string) => Promise<number>;

/**
 * The references of a network, computed once in double precision and kept in a folder that bears the fingerprint of the network.
 *
 * @param reference - Called for the process that computes them; only if something is not there yet.
 */
export async function references(
  written: Written,
  cache: string,
  reference: () => Promise<Contender>,
): Promise<(workload: Workload) => Promise<Judge>> {
  const fingerprint = createHash("sha256").update(await readFile(join(written.folder, "network.npz")));
  const folder = join(cache, `${written.name}-${fingerprint.digest("hex").slice(0, 12)}`);
  await mkdir(folder, { recursive: true });

  return async ({ name, asks, compare, options, reference: other }) => {
    const sgd = asks === "sgd";
    const asked = other ?? asks ?? name;
    const file = join(folder, sgd ? name : asked);
    const path = `${file}.${compare === "vector" ? "npy" : "json"}`;
    if (!existsSync(path)) {
      const contender = await reference();
      const settings = sgd ? { ...options, rate: written.learningRate } : {};
      const { values } = await contender.run(asked, { ...settings, save: path });
      if (values !== undefined) await writeFile(path, JSON.stringify(values));
    }
    if (compare !== "vector") {
      const truth = JSON.parse(await readFile(path, "utf8")) as Record<string, number>;
      return ({ values }) =>
        Promise.resolve(Math.max(...compare.map((key) => Math.abs(values![key]! / truth[key]! - 1))));
    }
    const { data: truth } = await readArray(path);
    const start = sgd ? await startOf(written) : undefined;
    return async (_, saved) => {
      const { data } = await readArray(saved);
      await rm(saved);
      return relativeDistance(data as Float64Array, truth as Float64Array, start);
    };
  };
}

/** The parameters that SGD starts from, flat. */
async function startOf({ folder }: Written): Promise<Float64Array> {
  const { parameters } = await readNetwork(folder);
  return Float64Array.from(Object.values(parameters).flatMap(({ data }) => Array.from(data as Float32Array)));
}
