import { library } from "../../tooling/tsup.js";

export default library({
  entry: ["src/index.ts", "src/tensor.ts", "src/deep-linear.ts", "src/perceptron.ts", "src/regression.ts"],
});
