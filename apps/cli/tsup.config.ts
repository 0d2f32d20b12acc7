import { library } from "../../tooling/tsup.js";

export default library({ entry: ["src/main.ts"], platform: "node", dts: false });
