import { library } from "../../tooling/tsup.js";

export default library({ entry: ["src/index.ts", "src/workers.ts", "src/job.ts"] });
