export { loadLayersModel } from "./layers-model/load.js";
export { saveLayersModel, type SaveLayersModelOptions } from "./layers-model/save.js";
export { fromLayersModel, type ConvertedModel } from "./layers-model/from-layers-model.js";
export { toLayersModel } from "./layers-model/to-layers-model.js";
