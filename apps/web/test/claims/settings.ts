/** Numbers that were asked for or counted, not measured. */
export const settings: ReadonlySet<string> = new Set([
  ...["parameters", "examples", "outputs", "learningRate", "batchSize", "batchSizes", "seed", "rho"],
  ...["multiple", "directions", "paths", "momentum", "dimension", "levels", "walks", "maxSteps", "longSteps", "every"],
  ...["share", "features", "fraction", "temperature", "lossAtMinimum", "depth", "index", "target", "smallness"],
  ...["noiseVariance", "position"],
]);
