import { library } from "../../tooling/tsup.js";

export default library({
  entry: { main: "src/main.ts", "sweep-job": "src/sweep/job.ts" },
  platform: "node",
  dts: false,
});
