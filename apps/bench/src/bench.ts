/**
 * sgdscope beside its peers, on the same networks, weights and data; writes results.md and results.json.
 *
 *   npm run bench -w @sgdscope/bench -- [--workloads a,b] [--networks a,b] [--contenders a,b] [--repeats 9] [--out DIR]
 *
 * A run that is interrupted goes on where it stopped; `--fresh` starts over. See the README for the other options.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { prepareBackend } from "@sgdscope/compute";
import { type Contender, type Introduction, start } from "./side-by-side/contender.js";
import { type ContenderChoice, CONTENDERS, type Places, pythonOf, REFERENCE } from "./side-by-side/contenders.js";
import { describeEnvironment } from "./side-by-side/environment.js";
import { measureCell, type Participant } from "./side-by-side/measure.js";
import { type NetworkChoice, NETWORKS, type Written, writeNetwork } from "./side-by-side/networks.js";
import { references } from "./side-by-side/references.js";
import { report } from "./side-by-side/report.js";
import { loadResults, type Results, saveText } from "./side-by-side/results.js";
import { type Workload, WORKLOADS } from "./side-by-side/workloads.js";

const { values: options } = parseArgs({
  options: {
    workloads: { type: "string" },
    networks: { type: "string" },
    contenders: { type: "string" },
    repeats: { type: "string", default: "9" },
    seconds: { type: "string", default: "5" },
    patience: { type: "string", default: "180" },
    threads: { type: "string", default: "2" },
    out: { type: "string", default: "results" },
    cache: { type: "string" },
    python: { type: "string" },
    "native-from": { type: "string" },
    fresh: { type: "boolean", default: false },
  },
});

const slug = (name: string): string => name.toLowerCase().replaceAll(/[ .]/g, "-");

/** The chosen ones of a list, by name; everything without a choice. */
function chosen<T extends { name: string }>(option: string, all: readonly T[], wanted: string | undefined): T[] {
  if (wanted === undefined) return [...all];
  const names = wanted.split(",").map(slug);
  const unknown = names.filter((name) => !all.some((each) => slug(each.name) === name));
  if (unknown.length > 0) {
    const known = all.map((each) => slug(each.name)).join(", ");
    throw new RangeError(`bench: expected --${option} of ${known}, got ${unknown.join(", ")}.`);
  }
  return all.filter((each) => names.includes(slug(each.name)));
}

function positive(option: "repeats" | "seconds" | "patience" | "threads"): number {
  const value = Number(options[option]);
  if (value > 0) return value;
  throw new RangeError(`bench: expected --${option} to be a positive number, got ${options[option]}.`);
}

const say = (what: string): void => console.error(what);
const workloads = chosen("workloads", WORKLOADS, options.workloads);
const networks = chosen("networks", NETWORKS, options.networks);
const contenders = chosen("contenders", CONTENDERS, options.contenders);
const pace = { repeats: positive("repeats"), seconds: positive("seconds") };
const patience = positive("patience");
const places: Places = {
  python: pythonOf(options.python),
  nativeFrom: options["native-from"] === undefined ? undefined : resolve(options["native-from"]),
  threads: positive("threads"),
};
const out = resolve(options.out);
const cache = resolve(options.cache ?? join(out, "cache"));
await mkdir(out, { recursive: true });
await prepareBackend("wasm"); // draws the initial weights
const scratch = await mkdtemp(join(tmpdir(), "sgdscope-bench-"));

const settings = { repeats: pace.repeats, threads: places.threads };
const earlier = options.fresh ? undefined : await loadResults(join(out, "results.json"));
const results: Results = {
  environment: await describeEnvironment(),
  settings,
  networks: earlier?.networks ?? [],
  versions: earlier?.versions ?? {},
  missing: [],
  cells: earlier?.cells ?? [],
};
const running: Contender[] = [];
const absent = new Set<string>();

async function save(): Promise<void> {
  await saveText(join(out, "results.json"), `${JSON.stringify(results, null, 1)}\n`);
  await saveText(join(out, "results.md"), report(results));
}

/** Starts a contender on a network; one that cannot is named once and left out from then on. */
async function launch(
  choice: ContenderChoice,
  network: Written,
): Promise<(Introduction & { contender: Contender }) | undefined> {
  if (absent.has(choice.name)) return undefined;
  const contender = start(choice.command(places), choice === REFERENCE ? Infinity : patience);
  running.push(contender);
  try {
    return { ...(await contender.load(network.folder)), contender };
  } catch (error) {
    contender.stop();
    absent.add(choice.name);
    const missing = { contender: choice.name, reason: (error as Error).message, remedy: choice.remedy };
    results.missing.push(missing);
    say(`${missing.contender} is missing: ${missing.reason}\n  try: ${missing.remedy}`);
    return undefined;
  }
}

function takesPart(
  { budgets, without }: Workload,
  network: string,
  name: string,
  offered: readonly string[],
  asked: string,
): boolean {
  if (!offered.includes(asked) || without?.[name] !== undefined) return false;
  return budgets === undefined || asked === "top-eigenvalue" || budgets[network]?.[name] !== undefined;
}

function isDone(workload: Workload, network: NetworkChoice): boolean {
  const cell = results.cells.find((each) => each.workload === workload.name && each.network === network.name);
  return cell !== undefined && contenders.every(({ name }) => cell.asked.includes(name));
}

async function measureNetwork(choice: NetworkChoice): Promise<void> {
  const due = workloads.filter(
    (workload) =>
      (options.networks !== undefined || (workload.networks ?? [choice.name]).includes(choice.name)) &&
      !isDone(workload, choice),
  );
  if (due.length === 0) return;
  const written = await writeNetwork(choice, join(cache, choice.name));
  say(`\n${choice.name}: ${choice.what}, ${written.parameters} parameters, ${written.examples} examples`);
  const { folder: _, ...description } = written;
  results.networks = [...results.networks.filter(({ name }) => name !== choice.name), description];

  const launched = new Map<ContenderChoice, Introduction & { contender: Contender }>();
  for (const contender of contenders) {
    const introduced = await launch(contender, written);
    if (introduced === undefined) continue;
    launched.set(contender, introduced);
    const { versions, threads } = introduced;
    results.versions[contender.name] = { versions, threads };
  }
  let reference: Contender | undefined;
  const judgeOf = await references(written, cache, async () => {
    reference ??= (await launch(REFERENCE, written))?.contender;
    if (reference === undefined) throw new Error("no reference");
    return reference;
  });
  for (const workload of due) {
    const asked = workload.asks ?? workload.name;
    const participants: Participant[] = [...launched]
      .filter(([{ name }, { workloads: offered }]) => takesPart(workload, choice.name, name, offered, asked))
      .map(([{ name, ours }, { contender }]) => ({ name, ours, contender }));
    if (participants.length === 0) continue;
    const began = performance.now();
    say(`\n${workload.title}, ${choice.name}`);
    const judge =
      workload.compare.length === 0
        ? undefined
        : await judgeOf(workload).catch((error: unknown) => {
            say(`  no reference: ${(error as Error).message}`);
            return undefined;
          });
    const cell = await measureCell(workload, written, participants, judge, pace, scratch, (what) => say(`  ${what}`));
    results.cells = results.cells.filter((each) => each.network !== cell.network || each.workload !== cell.workload);
    results.cells.push({ ...cell, asked: contenders.map(({ name }) => name) });
    await save();
    for (const { contender, failure } of cell.entries)
      if (failure !== undefined) say(`  ${contender} fails: ${failure}`);
    say(`  ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
  reference?.stop();
  for (const { contender } of launched.values()) contender.stop();
}

try {
  for (const network of networks) await measureNetwork(network);
  await save();
  console.log(`${join(out, "results.md")}\n${join(out, "results.json")}`);
} finally {
  for (const contender of running) contender.stop();
  await rm(scratch, { recursive: true, force: true });
}
