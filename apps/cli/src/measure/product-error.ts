/** Relative error of a product with H or G: each is a pass in Float32. */
export const productError = 1e-6;
