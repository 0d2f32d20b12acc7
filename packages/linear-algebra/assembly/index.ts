export { multiplyTile, scratchBytes, useScratch } from "./product";
export { multiplyRows, multiplySymmetricRows, subtractRows } from "./vector";
