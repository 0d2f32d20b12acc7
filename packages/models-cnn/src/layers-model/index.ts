export { loadLayersModel } from "./load.js";
export { saveLayersModel, type SaveLayersModelOptions } from "./save.js";
export { fromLayersModel, type ConvertedModel } from "./from-layers-model.js";
export { toLayersModel } from "./to-layers-model.js";
