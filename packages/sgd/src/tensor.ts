export { tensorTrainee, type Dataset, type Model, type NamedTensors, type TensorTrainee } from "./trainee/tensor.js";
