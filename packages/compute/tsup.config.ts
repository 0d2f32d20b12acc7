import { library } from "../../tooling/tsup.js";

export default library({
  entry: {
    index: "src/index.ts",
    workers: "src/workers.ts",
    worker: "src/workers/worker.ts",
    testing: "src/testing.ts",
    "sgdscope-tensorflow": "src/sgdscope-tensorflow.ts",
  },
});
