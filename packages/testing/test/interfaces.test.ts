import "@tensorflow/tfjs";
import * as autodiff from "@sgdscope/autodiff";
import * as cifar from "@sgdscope/cifar-loader";
import { prepareBackend } from "@sgdscope/compute";
import * as estimators from "@sgdscope/hessian-estimators";
import * as cnn from "@sgdscope/models-cnn";
import * as rfm from "@sgdscope/models-rfm";
import { tensorModel } from "@sgdscope/models-rfm/tensor";
import * as noise from "@sgdscope/noise-structure";
import { seededRandom, type SeededRandom } from "@sgdscope/random";
import * as sgd from "@sgdscope/sgd";
import { tensorTrainee } from "@sgdscope/sgd/tensor";
import * as stability from "@sgdscope/stability-criterion";
import type * as testing from "@sgdscope/testing";
import { expectUnbiased } from "@sgdscope/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, expectTypeOf, test } from "vitest";

// Interfaces are declared anew in every package; the compiler says here whether what one gives is what the next takes.

test("networks are models to autodiff, sgd and the conformance suite", () => {
  type Trained = Parameters<typeof tensorTrainee>[0];
  expectTypeOf<cnn.Network>().toExtend<cnn.Model>();
  expectTypeOf<cnn.Network>().toExtend<autodiff.Applicable>();
  expectTypeOf<cnn.Network>().toExtend<autodiff.GramModel>();
  expectTypeOf<cnn.Network>().toExtend<Trained>();
  expectTypeOf<cnn.Network>().toExtend<testing.Model>();
  type Closed = ReturnType<typeof tensorModel>;
  expectTypeOf<Closed>().toExtend<cnn.Model>();
  expectTypeOf<Closed>().toExtend<autodiff.Applicable>();
  expectTypeOf<Closed>().toExtend<autodiff.GramModel>();
  expectTypeOf<Closed>().toExtend<Trained>();
  expectTypeOf<Closed>().toExtend<testing.Model>();
});

test("parameters are one type to models, autodiff and sgd", () => {
  expectTypeOf<ReturnType<cnn.Network["init"]>>().toExtend<tf.NamedTensorMap>();
  expectTypeOf<ReturnType<cnn.Network["init"]>>().toExtend<Parameters<typeof tensorTrainee>[2]>();
  expectTypeOf<ReturnType<typeof tensorTrainee>["parameters"]>().toExtend<tf.NamedTensorMap>();
  expectTypeOf<ReturnType<typeof autodiff.unflatten>>().toExtend<tf.NamedTensorMap>();
  // Checkpoints of a trainee are arrays that files and networks take.
  expectTypeOf<Awaited<ReturnType<sgd.Trainee["snapshot"]>>>().toExtend<cnn.NamedArrays>();
});

test("datasets of the loader and of the closed forms are data to sgd, autodiff and the conformance suite", () => {
  type Trained = Parameters<typeof tensorTrainee>[1];
  expectTypeOf<cifar.ImageDataset>().toExtend<Trained>();
  expectTypeOf<cifar.ImageDataset>().toExtend<autodiff.Examples>();
  expectTypeOf<cifar.ImageDataset>().toExtend<testing.Dataset>();
  expectTypeOf<rfm.Dataset>().toExtend<Trained>();
  expectTypeOf<rfm.Dataset>().toExtend<autodiff.Examples>();
  expectTypeOf<rfm.Dataset>().toExtend<testing.Dataset>();
});

test("operators of autodiff are what the estimators and the conformance suite take", () => {
  expectTypeOf<autodiff.TensorOperator>().toExtend<estimators.LinearOperator>();
  expectTypeOf<autodiff.TensorOperator>().toExtend<testing.LinearOperator>();
  expectTypeOf<estimators.LinearOperator>().toExtend<testing.LinearOperator>();
  expectTypeOf<estimators.Estimate>().toExtend<testing.EstimateLike>();
});

test("Gram systems of autodiff and of the closed forms are what noise structure and stability criterion take", () => {
  type Judged = Exclude<Parameters<typeof stability.exactThreshold>[0], stability.PreparedMinimum>;
  expectTypeOf<autodiff.GramSystem>().toExtend<noise.GramSystem>();
  expectTypeOf<autodiff.GramSystem>().toExtend<Judged>();
  expectTypeOf<rfm.GramSystem>().toExtend<noise.GramSystem>();
  expectTypeOf<rfm.GramSystem>().toExtend<Judged>();
  expectTypeOf<noise.GramSystem>().toExtend<Judged>();
});

test("a seeded generator is the randomness of every package, and a sampling of sgd one of the criterion", () => {
  expectTypeOf<SeededRandom>().toExtend<cnn.Random>();
  expectTypeOf<SeededRandom>().toExtend<rfm.Random>();
  expectTypeOf<SeededRandom>().toExtend<sgd.Random>();
  expectTypeOf<sgd.Sampling>().toEqualTypeOf<stability.Sampling>();
});

test("the rooms compose: a network, its data, a trainee, its derivatives, the noise and the criterion", async () => {
  await prepareBackend("wasm");
  const before = tf.memory().numTensors;
  const dataset = cifar.syntheticLookalike({ count: 12, targets: "scalar", random: 1 });
  const network = cnn.smallCnn({ inputShape: dataset.inputShape, channels: [2], outputs: dataset.outputs });
  const start = network.init(seededRandom(1));
  const trainee = tensorTrainee(network, dataset, start);
  const loss = await trainee.loss();
  for (let t = 0; t < 5; t++)
    trainee.step(Int32Array.of(t, t + 6), {
      learningRate: 1e-3,
      optimizer: { kind: "sgd" },
      clipNorm: Infinity,
      divisor: 2,
    });
  expect(await trainee.loss()).toBeLessThan(loss);

  const system = await autodiff.gramSystem(network, trainee.parameters, dataset.inputs, dataset.targets);
  const structure = noise.noiseStructure(system);
  expect(structure.loss).toBeCloseTo(await trainee.loss(), 4);
  const threshold = stability.exactThreshold(system, { batchSize: 1 });
  expect(threshold.criticalLearningRate).toBeGreaterThan(0);

  const operator = autodiff.gaussNewtonOperator(network, trainee.parameters, dataset);
  const trace = system.gram.reduce((sum, value, i) => (i % (system.examples + 1) === 0 ? sum + value : sum), 0);
  await expectUnbiased(
    (random) => estimators.hutchinsonTrace(operator, { random, maxMatvecs: 4 }),
    trace / system.examples,
    { seeds: 12, rounding: 1e-4 },
  );
  operator.dispose();
  trainee.dispose();
  tf.dispose(start);
  expect(tf.memory().numTensors).toBe(before);
});
