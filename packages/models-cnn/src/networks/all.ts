import { fullyConnected } from "./fully-connected.js";
import { lenet } from "./lenet.js";
import { resnet } from "./resnet.js";
import { sequential } from "./sequential.js";
import { smallCnn } from "./small-cnn.js";
import { vgg } from "./vgg.js";

export type { FullyConnectedOptions } from "./fully-connected.js";
export type { LenetOptions } from "./lenet.js";
export type { ResnetOptions } from "./resnet.js";
export type { SequentialOptions } from "./sequential.js";
export type { SmallCnnOptions } from "./small-cnn.js";
export type { VggOptions } from "./vgg.js";
export { fullyConnected, lenet, resnet, sequential, smallCnn, vgg };

/** The function of every kind of network, by the name it has in a configuration. A new kind is its file, and is named here. */
export const networks = {
  "fully-connected": fullyConnected,
  "small-cnn": smallCnn,
  lenet,
  vgg,
  resnet,
  sequential,
} as const;
