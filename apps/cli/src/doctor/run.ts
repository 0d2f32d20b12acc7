import { findCifar10 } from "@sgdscope/cifar-loader";
import {
  describeEnvironment,
  measureThroughput,
  prepareBackend,
  type BackendStatus,
  type Throughput,
} from "@sgdscope/compute";
import { printJson } from "../terminal/json.js";
import { formatTable } from "../terminal/table.js";
import { version } from "../version.js";
import { print } from "../terminal/print.js";

interface Row extends BackendStatus {
  threads?: number;
  speed?: Throughput;
}

/** Looks, measures and prints. */
export async function doctor({ speed, json }: { speed: boolean; json?: boolean }): Promise<void> {
  const environment = await describeEnvironment();
  const rows: Row[] = [];
  for (const status of environment.backends) {
    if (status.working !== true) {
      rows.push(status);
      continue;
    }
    const { threads } = await prepareBackend(status.name);
    rows.push({
      ...status,
      threads,
      ...(speed ? { speed: await measureThroughput() } : {}),
    });
  }
  const chosen = (await prepareBackend("auto")).name;
  const cifar10 = await findCifar10();
  if (json === true) {
    const { backends: _, ...machine } = environment;
    const head = { schema: "sgdscope/doctor@1", sgdscope: version };
    printJson({ ...head, ...machine, chosen, backends: rows, cifar10: cifar10 ?? null });
    return;
  }
  const memory = environment.memoryBytes === undefined ? "" : `, ${(environment.memoryBytes / 2 ** 30).toFixed(0)} GiB`;
  print(
    `sgdscope ${version} · ${environment.runtime} ${environment.runtimeVersion} · ${environment.platform} · ${environment.cores} cores${memory}\n\n`,
  );
  print(table(rows, chosen, speed));
  for (const row of rows)
    if (row.installed && row.working === false)
      print(`\n${row.name} is installed and does not work: ${row.reason ?? "no reason given"}\n`);
  const missing = rows.filter((row) => row.install !== undefined);
  if (missing.length > 0) {
    print("\nFor more\n");
    for (const row of missing) print(`  ${row.name.padEnd(14)} ${row.install!}\n`);
  }
  print(
    `\nCIFAR-10: ${cifar10 === undefined ? "not here; sgdscope data download fetches it, look-alike images serve until then" : `${cifar10.directory}${cifar10.complete ? "" : " (incomplete)"}`}\n`,
  );
}

function table(rows: Row[], chosen: string, speed: boolean): string {
  const gigaflops = (value: number | undefined): string =>
    value === undefined ? "–" : value.toFixed(value < 10 ? 1 : 0);
  return formatTable<Row>(
    [
      { heading: "backend", cell: (row) => (row.name === chosen ? `${row.name} ← auto` : row.name), align: "left" },
      { heading: "version", cell: versionOf, align: "left" },
      { heading: "state", cell: state, align: "left" },
      { heading: "threads", cell: (row) => String(row.threads ?? "–") },
      ...(speed
        ? [
            { heading: "matMul", cell: (row: Row) => gigaflops(row.speed?.matMul) },
            { heading: "A·Bᵀ", cell: (row: Row) => gigaflops(row.speed?.matMulTransposed) },
            { heading: "conv2d", cell: (row: Row) => gigaflops(row.speed?.conv2d) },
            {
              heading: "its gradients",
              cell: (row: Row) =>
                `${gigaflops(row.speed?.conv2dFilterGradient)}, ${gigaflops(row.speed?.conv2dInputGradient)} GFLOP/s`.replace(
                  "–, – GFLOP/s",
                  "–",
                ),
            },
          ]
        : []),
    ],
    rows,
  );
}

const versionOf = ({ version, tensorflow }: BackendStatus): string =>
  `${version ?? "–"}${tensorflow === undefined ? "" : ` (TensorFlow ${tensorflow})`}`;

const state = (row: BackendStatus): string =>
  !row.installed ? "not installed" : row.working === true ? "works" : row.working === false ? "fails" : "installed";
