import { library } from "../../tooling/tsup.js";

export default library({
  entry: [
    "src/index.ts",
    "src/escape.ts",
    "src/bounds.ts",
    "src/invariance.ts",
    "src/optimizers.ts",
    "src/simulation.ts",
    "src/stationary.ts",
  ],
});
