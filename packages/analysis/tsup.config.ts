import { library } from "../../tooling/tsup.js";

export default library({ entry: ["src/index.ts", "src/node.ts", "src/models.ts"] });
