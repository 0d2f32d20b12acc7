export { allclose, type Closeness, type Tolerance } from "./allclose.js";
export { testBackend, type TestBackendOptions } from "./backend/suite.js";
export { testDataset, type Dataset } from "./dataset.js";
export { TestingError, type TestingErrorCode } from "./errors.js";
export { matchers } from "./matchers.js";
export { testModel, type Model, type TestModelOptions } from "./model.js";
export { testOperator, type LinearOperator, type TestOperatorOptions } from "./operator.js";
export { expectUnbiased, type EstimateLike, type UnbiasedOptions } from "./unbiased.js";
