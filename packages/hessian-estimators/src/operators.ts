export { differenceOf, deflated, linearCombination, scaled, shifted, sumOf } from "./operator/arithmetic.js";
export { counted, denseOperator, diagonalOperator, type CountedOperator } from "./operator/matrix.js";
export { layerBlocks, rangeBlock, submatrix } from "./operator/restrict.js";
