export { alignmentFigure } from "./alignment.js";
export { alongTrainingFigures, type AlongTrainingFigure } from "./along-training.js";
export { boundFigure } from "./bound.js";
export { chart, type ChartAxis, type ChartOptions, type ChartPrediction, type ChartSeries } from "./chart.js";
export { diagramFigure, type DiagramFigureData } from "./diagram.js";
export { edgeFigure } from "./edge.js";
export { momentumFigure } from "./momentum.js";
export type { Canvas } from "./theme.js";
