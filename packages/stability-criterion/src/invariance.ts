export { epsilonSharpness, type EpsilonSharpness } from "./invariance/dinh2017sharpness.js";
export {
  invarianceReport,
  reparametrized,
  type CriticalPoint,
  type MeasureComparison,
  type MeasureName,
} from "./invariance/reparametrization.js";
