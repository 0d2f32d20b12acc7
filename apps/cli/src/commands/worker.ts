import type { Command } from "commander";
import type { FromWorker, ToWorker } from "../pool/pool.js";

/** `sgdscope worker`: one process of the pool; it speaks over the channel its parent opened and is of no use by itself. */
export function addWorker(program: Command): void {
  program.command("worker", { hidden: true }).action(async () => {
    if (process.send === undefined) throw new Error("worker: is started by other commands only");
    const send = (message: FromWorker): void => void process.send!(message);
    const { runMinimumTask } = await import("@sgdscope/experiments");
    const { prepareBackend } = await import("@sgdscope/compute");
    const serve = async ({ index, task, backend }: ToWorker): Promise<void> => {
      try {
        await prepareBackend(backend);
        const { record } = await runMinimumTask(task, {
          progress: ({ step, loss }) => send({ kind: "progress", index, step, loss }),
        });
        send({ kind: "done", index, record });
      } catch (error) {
        const { message, code } = error as Error & { code?: unknown };
        send({ kind: "failed", index, message, ...(typeof code === "string" ? { code } : {}) });
      }
    };
    process.on("message", (message: ToWorker) => void serve(message));
    process.on("disconnect", () => process.exit(0));
    send({ kind: "ready" });
  });
}
