import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { JobModule } from "../../src/workers.js";

/** Setup is a folder; a job dies so many times as its input says, then gives the number of its attempts. */
const mortal: JobModule<string, number, number> = (folder) => (deaths) => {
  const path = join(folder, String(deaths));
  appendFileSync(path, "x");
  const attempt = readFileSync(path).length;
  if (attempt <= deaths) process.kill(process.pid, "SIGKILL");
  return attempt;
};
export default mortal;
