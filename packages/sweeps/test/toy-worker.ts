// A worker process for the tests that kill it: `toy-worker <sweep> [staleAfter]`.
import { folderEngine } from "../src/engine/folder.js";
import { readPlan } from "../src/plan.js";
import { work } from "../src/work.js";
import { toyRun, type ToyResult, type ToyTask } from "./toy.js";

const [sweep = "", staleAfter = "120000"] = process.argv.slice(2);
const controller = new AbortController();
process.on("SIGTERM", () => controller.abort());
const plan = await readPlan<ToyTask>(sweep);
const engine = await folderEngine(sweep, plan, { staleAfter: Number(staleAfter), signal: controller.signal });
process.stdout.write("ready\n");
const { stopped, failed } = await work<ToyTask, ToyResult>({
  sweep,
  plan,
  engine,
  run: toyRun,
  signal: controller.signal,
  onEvent: ({ kind, id }) => void process.stdout.write(`${kind} ${id}\n`),
});
await engine.close();
process.exitCode = stopped > 0 ? 75 : failed > 0 ? 1 : 0;
