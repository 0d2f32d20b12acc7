export { tensorTrainee, type TrainingData, type Model, type TensorTrainee } from "./trainee/tensor.js";
