import {
  exampleGradientNorms,
  gaussNewtonTrace,
  gaussNewtonVectorProduct,
  gramSystem,
  hessianAt,
  hessianOperator,
  hessianVectorProduct,
  squareLoss,
} from "@sgdscope/autodiff";
import type { BackendReport } from "@sgdscope/compute";
import { topEigenpairs, traceAndNorm } from "@sgdscope/hessian-estimators";
import { lanczosQuadrature, spectralDensity } from "@sgdscope/hessian-estimators/density";
import { parametersFromArrays } from "@sgdscope/models-cnn";
import { noiseStructure } from "@sgdscope/noise-structure";
import { seededRandom } from "@sgdscope/random";
import { tensorTrainee } from "@sgdscope/sgd/tensor";
import * as tf from "@tensorflow/tfjs";
import { readNetwork } from "./networks.js";
import { run, type Loaded, type RunOptions } from "./serve.js";

/** The workloads of the benchmark as a user of sgdscope would write them, on the current backend. */
export async function loadSgdscope(folder: string, report: BackendReport): Promise<Loaded> {
  const { model, parameters, inputs, targets, probe, batches, description } = await readNetwork(folder);
  const { examples, outputs } = description;
  const params = parametersFromArrays(parameters);
  const names = Object.keys(params);
  const x = tf.tensor(inputs, [examples, ...model.inputShape]);
  const y = tf.tensor(targets, [examples, outputs]);
  const data = { size: examples, inputShape: model.inputShape, outputs, inputs, targets };
  const size = probe.length;

  const like = (flat: Float32Array): tf.NamedTensorMap => {
    let position = 0;
    return Object.fromEntries(
      Object.entries(params).map(([name, { shape, size }]) => {
        const tensor = tf.tensor(flat.slice(position, position + size), shape);
        position += size;
        return [name, tensor];
      }),
    );
  };
  const direction = like(probe);
  const loss = (at: tf.NamedTensorMap): tf.Scalar => squareLoss(model, at, x, y);

  /** Reads tensors in the order of the parameters, and disposes them. */
  async function read(tensors: tf.NamedTensorMap): Promise<Float32Array> {
    const flat = new Float32Array(size);
    let position = 0;
    for (const name of names) {
      flat.set(await tensors[name]!.data<"float32">(), position);
      position += tensors[name]!.size;
    }
    tf.dispose(tensors);
    return flat;
  }
  const vector = (vector: Float32Array | Float64Array): { vector: Float32Array | Float64Array } => ({ vector });
  const product = (compute: () => tf.NamedTensorMap): ReturnType<typeof run> => run(() => read(compute()), vector);

  async function withHessian<T>(measure: (operator: ReturnType<typeof hessianOperator>) => Promise<T>): Promise<T> {
    const operator = hessianOperator(model, params, { inputs: x, targets: y });
    try {
      return await measure(operator);
    } finally {
      operator.dispose();
    }
  }
  const estimate =
    (quantity: "trace" | "norm") =>
    ({ seed = 0, budget, relativeError }: RunOptions) =>
      run(
        () =>
          withHessian(async (operator) => {
            const estimates = await traceAndNorm(operator, {
              random: seededRandom(seed),
              maxMatvecs: budget,
              relativeError: relativeError === undefined ? undefined : { [quantity]: relativeError },
            });
            return estimates[quantity];
          }),
        ({ value, matvecs }) => ({ values: { [quantity]: value }, products: matvecs }),
      );

  return {
    versions: report.versions,
    threads: report.threads,
    workloads: {
      gradient: () => {
        const gradients = tf.grads((...tensors: tf.Tensor[]) =>
          loss(Object.fromEntries(names.map((name, k) => [name, tensors[k]!]))),
        );
        return product(() => {
          const values = gradients(names.map((name) => params[name]!));
          return Object.fromEntries(names.map((name, k) => [name, values[k]!]));
        });
      },
      "hvp-cold": () => product(() => hessianVectorProduct(loss, params, direction)),
      "hvp-kept": () => {
        const hessian = hessianAt(loss, params);
        return run(
          () => read(hessian.product(direction)),
          (flat) => {
            hessian.dispose();
            return vector(flat);
          },
        );
      },
      "ggn-product": () => product(() => gaussNewtonVectorProduct((at) => model.apply(at, x), params, x, direction)),
      "top-eigenvalue": ({ seed = 0, tolerance }) =>
        run(
          () =>
            withHessian((operator) =>
              topEigenpairs(operator, { random: seededRandom(seed), tolerance, which: "largest-magnitude" }),
            ),
          ({ values, matvecs }) => ({ values: { eigenvalue: values[0]! }, products: matvecs }),
        ),
      // Without products the trace is that of G: these networks are linear in each parameter, piece by piece.
      trace: (options) =>
        options.budget === 0
          ? run(
              () => gaussNewtonTrace(model, params, x),
              (trace) => ({ values: { trace } }),
            )
          : estimate("trace")(options),
      norm: estimate("norm"),
      "trace-rule": estimate("trace"),
      "norm-rule": estimate("norm"),
      density: ({ seed = 0, probes, steps }) =>
        run(
          () =>
            withHessian(async (operator) => {
              const quadrature = await lanczosQuadrature(operator, { random: seededRandom(seed), probes, steps });
              const nodes = quadrature.runs.flatMap((each) => [...each.nodes]);
              const [low, high] = [Math.min(...nodes), Math.max(...nodes)];
              const margin = 0.1 * (high - low);
              const spacing = (high - low + 2 * margin) / 1023;
              const grid = Float64Array.from({ length: 1024 }, (_, k) => low - margin + k * spacing);
              return { ...spectralDensity(quadrature, grid, (high - low) / 50), matvecs: quadrature.matvecs };
            }),
          ({ matvecs }) => ({ values: {}, products: matvecs }),
        ),
      "example-norms": () => run(() => exampleGradientNorms(model, params, x, y), vector),
      gram: () =>
        run(
          () => gramSystem(model, params, x, y),
          ({ gram }) => vector(gram),
        ),
      noise: () =>
        run(
          async () => noiseStructure(await gramSystem(model, params, x, y)),
          (noise) => ({
            values: {
              mu: noise.alignmentFactor!,
              alpha: noise.directionAlignment!,
              beta: noise.noiseMagnitude!,
              traceNoise: noise.traceNoise,
              frobeniusNoise: noise.frobeniusNoise,
              frobeniusG: noise.frobeniusG,
            },
          }),
        ),
      sgd: ({ batch = 1, steps = 1, rate = 0 }) => {
        const trainee = tensorTrainee(model, data, params);
        const chosen = batches(batch).slice(0, steps);
        const options = { learningRate: rate, optimizer: { kind: "sgd" } as const, clipNorm: Infinity, divisor: batch };
        return run(
          async () => {
            for (const indices of chosen) trainee.step(indices, options);
            await trainee.parameters[names.at(-1)!]!.data();
          },
          async () => {
            const reached = await read(
              Object.fromEntries(names.map((name) => [name, tf.clone(trainee.parameters[name]!)])),
            );
            trainee.dispose();
            return vector(reached);
          },
        );
      },
    },
  };
}
