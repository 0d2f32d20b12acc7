import type { Command } from "commander";
import type { FromWorker, ToWorker } from "../pool/pool.js";

/** Progress goes out at most this often, in milliseconds. */
const progressInterval = 250;

/** `sgdscope worker`: one process of the pool; it speaks over the channel its parent opened and is of no use by itself. */
export function addWorker(program: Command): void {
  program.command("worker", { hidden: true }).action(async () => {
    if (process.send === undefined) throw new Error("worker: is started by other commands only");
    const send = (message: FromWorker): void => void process.send!(message);
    const { needsBackend, study } = await import("@sgdscope/experiments");
    const { prepareBackend } = await import("@sgdscope/compute");
    const serve = async (job: ToWorker): Promise<void> => {
      const { index } = job;
      try {
        const backend = needsBackend(job.task) ? (await prepareBackend(job.backend)).name : "float64";
        const start = process.cpuUsage();
        let last = 0;
        const records = [];
        for await (const record of study(job.study, job.task, {
          progress(fraction, message) {
            if (performance.now() - last < progressInterval) return;
            last = performance.now();
            send({ kind: "progress", index, fraction, message });
          },
        }))
          records.push(record);
        const { user, system } = process.cpuUsage(start);
        send({ kind: "done", index, records, seconds: (user + system) / 1e6, backend });
      } catch (error) {
        const { message, code } = error as Error & { code?: unknown };
        send({ kind: "failed", index, message, ...(typeof code === "string" ? { code } : {}) });
      }
    };
    process.on("message", (message: ToWorker) => void serve(message));
    process.on("disconnect", () => process.exit(0));
    // The parent decides what an interrupt means: it hears of it too, and ends its workers.
    process.on("SIGINT", () => undefined);
    send({ kind: "ready" });
  });
}
