export { AutodiffError, type AutodiffErrorCode } from "./errors.js";
export { blockNorms, type BlockNormOptions, type BlockNorms } from "./products/block-norms.js";
export { gaussNewtonBlock, hessianBlock, type BlockNames, type BlockOperator } from "./products/blocks.js";
export type { OperatorOptions } from "./products/chunked.js";
export type { ExampleArrays, Examples, ReadableExamples, Unlabelled } from "./products/examples.js";
export { gaussNewtonVectorProduct } from "./products/gauss-newton.js";
export { hessianAt, hessianVectorProduct, type HessianAt } from "./products/hessian.js";
export { jacobianAt, jacobianVectorProduct, vectorJacobianProduct, type JacobianAt } from "./products/jacobian.js";
export { layersOf, type ParameterSlot } from "./products/layout.js";
export type { OutputLoss } from "./products/output-loss.js";
export { flatten, unflatten } from "./products/named-tensors.js";
export * from "./per-example/index.js";
export {
  gaussNewtonOperator,
  hessianOperator,
  residualHessianOperator,
  type HessianOperatorOptions,
  type SquareOperatorOptions,
  type TensorOperator,
} from "./products/operators.js";
export { squareLoss, type Applicable } from "./products/square-loss.js";
export { vouchFor, type SecondOrderOptions } from "./second-order/guard.js";
export { installSecondOrderGradients } from "./second-order/install.js";
export { verifiedKernels } from "./second-order/verified-kernels.js";
export { describeLayersModel, type LayersModelFacts } from "./layers-model/described.js";
export type { FinalActivation } from "./layers-model/final-activation.js";
export { functionOfLayersModel, type LayersFunction } from "./layers-model/function-of-layers-model.js";
export type { LayerLike, LayersModelLike, LayerWeight } from "./layers-model/layer.js";
