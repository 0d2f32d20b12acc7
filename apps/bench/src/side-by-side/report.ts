import { markdownTable, showSeconds } from "../report/markdown.js";
import type { Cell, Entry, Results } from "./results.js";
import { median } from "../report/statistics.js";
import { WORKLOADS, type Workload } from "./workloads.js";

/** The root mean square over few seeds is itself uncertain: a random workload passes up to this many times its target. */
const GRACE = 1.5;

/** Whether an entry counts as equally accurate; without a reference everyone does. */
export const accurate = ({ error }: Entry, { target, random }: Workload): boolean =>
  error === undefined || error <= (random === true ? GRACE : 1) * target;

/** The fastest peer among those that are accurate, by median. */
export function bestPeer(cell: Cell, workload: Workload): { contender: string; seconds: number } | undefined {
  return cell.entries
    .filter((entry) => !entry.ours && entry.failure === undefined && accurate(entry, workload))
    .map(({ contender, seconds }) => ({ contender, seconds: median(seconds) }))
    .sort((a, b) => a.seconds - b.seconds)[0];
}

const ratio = (value: number): string => value.toPrecision(value >= 100 ? 3 : 2);
const NOTHING = "–";

function summary({ cells, networks }: Results): string[] {
  const ours = [
    ...new Set(cells.flatMap(({ entries }) => entries.filter((each) => each.ours).map((each) => each.contender))),
  ];
  const rows = WORKLOADS.flatMap((workload) =>
    networks.flatMap(({ name }) => {
      const cell = cells.find((each) => each.workload === workload.name && each.network === name);
      if (cell === undefined) return [];
      const best = bestPeer(cell, workload);
      const own = ours.map((contender) => {
        const entry = cell.entries.find((each) => each.contender === contender);
        if (entry === undefined || entry.seconds.length === 0) return NOTHING;
        const time = showSeconds(median(entry.seconds) / cell.steps);
        const mark = accurate(entry, workload) ? "" : " (!)";
        return best === undefined ? `${time}${mark}` : `${ratio(median(entry.seconds) / best.seconds)}${mark}`;
      });
      const peer = best === undefined ? "nobody" : `${best.contender}, ${showSeconds(best.seconds / cell.steps)}`;
      return [[workload.title, name, peer, ...own]];
    }),
  );
  return markdownTable(["workload", "network", "fastest peer", ...ours], rows);
}

function details(cell: Cell, workload: Workload): string[] {
  const best = bestPeer(cell, workload);
  const rows = cell.entries.map((entry) => {
    if (entry.seconds.length === 0)
      return [entry.contender, `fails: ${entry.failure ?? "no run"}`, ...Array<string>(6).fill("")];
    const middle = median(entry.seconds);
    return [
      entry.contender,
      showSeconds(middle / cell.steps),
      showSeconds(Math.min(...entry.seconds) / cell.steps),
      showSeconds(median(entry.processorSeconds) / cell.steps),
      entry.seconds.length,
      entry.products === undefined ? NOTHING : Math.round(entry.products),
      entry.error === undefined ? NOTHING : `${entry.error.toExponential(1)}${accurate(entry, workload) ? "" : " (!)"}`,
      best === undefined ? NOTHING : ratio(middle / best.seconds),
    ];
  });
  const loads = cell.load.map((value) => value.toFixed(1)).join(" → ");
  return [
    `### ${workload.title}, ${cell.network}`,
    "",
    `${workload.meaning[0]!.toUpperCase()}${workload.meaning.slice(1)}. Load ${loads}.`,
    "",
    ...markdownTable(["", "median", "least", "processor", "runs", "products", "error", "÷ fastest peer"], rows),
    "",
  ];
}

/** The results as Markdown. */
export function report(results: Results): string {
  const { environment: at, settings, versions, missing, networks, cells } = results;
  const versionRows = Object.entries(versions).map(([name, each]) => [
    name,
    Object.entries(each.versions)
      .map(([library, version]) => `${library} ${version}`)
      .join(", "),
    each.threads,
  ]);
  const lines = [
    "# Side by side",
    "",
    `${at.processor}, ${at.cores} cores, ${at.memoryGiB} GiB, ${at.system}; Node ${at.node}; sgdscope ${at.commit}; ${at.date}.`,
    `Up to ${settings.threads} threads each, Float32; up to ${settings.repeats} rounds in which the contenders take turns; load average ${at.load.toFixed(1)} at the start.`,
    "",
    ...markdownTable(["contender", "versions", "threads"], versionRows),
    "",
    ...missing.map(({ contender, reason, remedy }) => `- ${contender} is missing: ${reason}. Try: ${remedy}`),
    ...(missing.length > 0 ? [""] : []),
    ...markdownTable(
      ["network", "parameters", "examples", "outputs", "origin"],
      networks.map((each) => [each.name, each.parameters, each.examples, each.outputs, each.origin]),
    ),
    "",
    "## Times over the fastest peer of equal accuracy",
    "",
    "Below 1 is faster than every peer; a time stands where no peer has an answer. (!) misses the accuracy asked for.",
    "",
    ...summary(results),
    "",
    "## Everything",
    "",
    "Errors are relative to the same quantity in double precision; for random estimates their root mean square over the runs' seeds.",
    "",
    ...networks.flatMap(({ name }) =>
      WORKLOADS.flatMap((workload) => {
        const cell = cells.find((each) => each.network === name && each.workload === workload.name);
        return cell === undefined ? [] : details(cell, workload);
      }),
    ),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}
