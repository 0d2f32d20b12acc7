import { library } from "../../tooling/tsup.js";

export default library({
  entry: ["src/index.ts", "src/density.ts", "src/functions.ts", "src/operators.ts", "src/sharpness.ts"],
});
