import { library } from "../../tooling/tsup.js";

export default library({ entry: ["src/index.ts", "src/redis.ts"], platform: "node" });
