export { lossGradient, type LossGradientOptions, type OutputLoss } from "./trainee/output-loss.js";
export { tensorTrainee, type TrainingData, type Model, type TensorTrainee } from "./trainee/tensor.js";
