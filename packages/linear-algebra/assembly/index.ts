export { multiplyTile, scratchBytes, useScratch } from "./product";
