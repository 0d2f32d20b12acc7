import { library } from "../../tooling/tsup.js";

export default library({ entry: ["src/index.ts", "src/layers-model.ts"] });
