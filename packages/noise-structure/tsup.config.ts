import { library } from "../../tooling/tsup.js";

export default library({
  entry: ["src/index.ts", "src/noise-scale.ts", "src/gaussian-design.ts", "src/losses.ts", "src/tail.ts"],
});
