export {
  lanczosQuadrature,
  type LanczosQuadrature,
  type LanczosQuadratureOptions,
  type QuadratureRun,
} from "./density/ghorbani2019slq.js";
export { spectralDensity, type SpectralDensity } from "./density/spectral-density.js";
export { checkMoments, spectralMoments, type MomentCheck, type MomentComparison } from "./density/moments.js";
