import "@tensorflow/tfjs";
import { gaussNewtonOperator, hessianOperator } from "@sgdscope/autodiff";
import { syntheticLookalike } from "@sgdscope/cifar-loader";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { denseMatrix } from "@sgdscope/hessian-estimators";
import { fullyConnected, lenet, resnet, smallCnn, vgg } from "@sgdscope/models-cnn";
import { asDataset, gaussianInputs, linearRegression } from "@sgdscope/models-rfm";
import { tensorModel } from "@sgdscope/models-rfm/tensor";
import { gaussian, seededRandom } from "@sgdscope/random";
import { testDataset, testModel, testOperator } from "@sgdscope/testing";
import { describe } from "vitest";

// What the packages make passes what plugins must pass.
for (const backend of await backendsUnderTest(["wasm", "tensorflow", "webgpu"])) {
  const prepare = () => prepareBackend(backend);
  describe(`on ${backend}`, () => {
    testModel("a fully connected network", () => fullyConnected({ inputShape: [6], widths: [5], outputs: 2 }), {
      prepare,
    });
    testModel("a small CNN", () => smallCnn({ inputShape: [8, 8, 3], channels: [4, 8], outputs: 10 }), { prepare });
    testModel("a closed form as tensors", () => tensorModel(linearRegression({ inputs: 5 })), { prepare });
    // A GPU in software takes a minute for each of these.
    if (backend === "webgpu") return;
    testModel("LeNet", () => lenet(), { prepare });
    testModel("VGG", () => vgg({ normalisation: "batch" }), { prepare });
    testModel("a residual network", () => resnet({ inputShape: [16, 16, 3] }), { prepare });
  });
}

testDataset("the synthetic look-alike of CIFAR-10", () => syntheticLookalike({ count: 20, random: 1 }));
testDataset("Gaussian inputs", () =>
  asDataset("Gaussian", gaussianInputs(12, 3, seededRandom(1)), gaussian(12, seededRandom(2)), 3),
);

const network = fullyConnected({ inputShape: [4], widths: [3], outputs: 2, activation: "tanh" });
const data = {
  size: 5,
  inputShape: [4],
  outputs: 2,
  inputs: Float32Array.from(gaussian(20, seededRandom(3))),
  targets: Float32Array.from(gaussian(10, seededRandom(4))),
};
for (const backend of await backendsUnderTest(["wasm", "tensorflow", "webgpu"])) {
  const at = async <T>(make: (params: ReturnType<typeof network.init>) => T): Promise<T> => {
    await prepareBackend(backend);
    return make(network.init(seededRandom(5)));
  };
  describe(`on ${backend}`, () => {
    testOperator("a Hessian", () => at((params) => hessianOperator(network, params, data)));
    testOperator("a Gauss–Newton matrix", () => at((params) => gaussNewtonOperator(network, params, data)), {
      positive: true,
      dense: async () => (await denseMatrix(await at((params) => gaussNewtonOperator(network, params, data)))).data,
    });
  });
}
