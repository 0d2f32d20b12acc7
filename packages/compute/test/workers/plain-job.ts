import type { JobModule } from "../../src/workers.js";

/** Setup is a factor; each output tells the backend and the product. */
const times: JobModule<number, number, string> = (factor, backend) => (input) =>
  `${String(backend?.name)} ${factor * input}`;
export default times;
