export { multiplyTile } from "./product";
export { scratchBytes, useScratch } from "./scratch";
export { multiplyTileSingle } from "./single";
export { multiplyRows, multiplySymmetricRows, subtractRows } from "./vector";
