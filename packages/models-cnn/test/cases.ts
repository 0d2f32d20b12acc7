import {
  activations,
  fullyConnected,
  lenet,
  type Network,
  resnet,
  sequential,
  smallCnn,
  vgg,
} from "@sgdscope/models-cnn";

/** One small network of every kind and option that changes the function. */
export const cases: [string, Network][] = [
  ["a linear model", fullyConnected({ inputShape: [7], widths: [], outputs: 1 })],
  [
    "two hidden layers without biases",
    fullyConnected({ inputShape: [2, 3, 2], widths: [5, 4], outputs: 1, bias: false }),
  ],
  ...activations.map((activation): [string, Network] => [
    `${activation} units`,
    fullyConnected({ inputShape: [6], widths: [8], outputs: 3, activation }),
  ]),
  ["a small CNN", smallCnn({ inputShape: [8, 8, 3], channels: [4, 5], outputs: 10 })],
  ["a small CNN with max pooling", smallCnn({ inputShape: [8, 4, 1], channels: [3], outputs: 1, pool: "max" })],
  ["a small CNN of odd maps", smallCnn({ inputShape: [7, 6, 2], channels: [3, 4], oddSizes: "drop" })],
  ["LeNet", lenet({ inputShape: [16, 16, 1], channels: [2, 3], widths: [6, 5], outputs: 2 })],
  ["LeNet with padding", lenet({ inputShape: [8, 8, 2], channels: [2, 3], padding: "same", activation: "tanh" })],
  ["VGG", vgg({ inputShape: [8, 8, 3], features: [3, "pool", 4, 4, "pool"], widths: [6], outputs: 2 })],
  [
    "VGG with batch normalisation",
    vgg({ inputShape: [4, 4, 3], features: [3, "pool", 4, "pool"], widths: [], normalisation: "batch" }),
  ],
  ["a residual network", resnet({ inputShape: [8, 8, 3], widths: [2, 3, 4], outputs: 2 })],
  [
    "a residual network with projections, PyTorch's padding and odd sizes",
    resnet({
      inputShape: [7, 5, 2],
      depth: 10,
      widths: [3, 4],
      shortcut: "projection",
      stridePadding: "symmetric",
      normalisation: "batch",
    }),
  ],
  [
    "layers in sequence",
    sequential({
      inputShape: [9, 9, 2],
      layers: [
        { layer: "conv", filters: 3, size: 5, stride: 2, padding: "symmetric", bias: false },
        { layer: "activation", function: "elu" },
        { layer: "pool", kind: "max", size: 3, stride: 2 },
        { layer: "residual", branch: [{ layer: "conv", filters: 3, size: 1 }] },
        { layer: "flatten" },
        { layer: "batch-norm", epsilon: 1e-3 },
        { layer: "dense", units: 2 },
      ],
    }),
  ],
];

/** Buffers of a network that has been somewhere: means of either sign, variances around 1. */
export const usedBuffers = (network: Network): Network["buffers"] =>
  Object.fromEntries(
    Object.entries(network.buffers).map(([name, { shape }]) => [
      name,
      {
        shape,
        data: Float32Array.from({ length: shape[0]! }, (_, i) =>
          name.endsWith("variance") ? 0.5 + 0.3 * i : 0.4 - 0.3 * i,
        ),
      },
    ]),
  );
