/** sgdscope as a contender, on the backend named first: `contender-sgdscope.ts wasm [folder with native packages]`. */
import { prepareBackend, type BackendName } from "@sgdscope/compute";
import { serve } from "./side-by-side/serve.js";
import { loadSgdscope } from "./side-by-side/sgdscope.js";

const [backend = "wasm", from] = process.argv.slice(2);
const report = await prepareBackend(backend as BackendName, from === undefined ? {} : { from });
await serve((folder) => loadSgdscope(folder, report));
