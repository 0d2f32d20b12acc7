import {
  deepLinear,
  diagonalLinear,
  diagonalLinearBalance,
  diagonalLinearTrace,
  gaussianInputs,
  leastSquares,
  linearRegression,
  linearTeacher,
  pathNorm,
  randomFeatures,
  reluTeacher,
  twoLayerRelu,
  twoLayerReluTrace,
  uniformOnSphere,
  type ClosedFormModel,
} from "@sgdscope/models-rfm";
import { seededRandom, type SeededRandom } from "@sgdscope/random";
import { datasetOf } from "./data.js";
import type { LearnedFunction } from "./record.js";
import type { ClosedFormConfig, ClosedFormTask, ProblemSpec } from "./task.js";

/** Inputs [count, inputs] and targets [count, outputs], row-major Float64. */
interface InputsAndTargets {
  X: Float64Array;
  y: Float64Array;
}

/** A closed-form model with its data. */
export interface ClosedFormProblem extends InputsAndTargets {
  name: string;
  model: ClosedFormModel;
  size: number;
  outputs: number;
  start: Float64Array;
  learned(theta: Float64Array): LearnedFunction;
}

/** Builds what a task describes; `random` gives the fixed features and the starting parameters. */
export async function closedFormProblem(task: ClosedFormTask, random: SeededRandom): Promise<ClosedFormProblem> {
  const { name, inputs, train, test } = await examplesOf(task.data);
  const size = train.X.length / inputs;
  const outputs = train.y.length / size;
  const { model, learned } = modelOf(task.model, inputs, outputs, random);
  return {
    ...train,
    name,
    model,
    size,
    outputs,
    start: model.init(random.stream("initial parameters")),
    learned: (theta) => ({
      testLoss: test === undefined ? undefined : leastSquares(model, test.X, test.y).loss(theta),
      pathNorm: undefined,
      populationTrace: undefined,
      balance: undefined,
      ...learned?.(theta),
    }),
  };
}

async function examplesOf(
  spec: ClosedFormTask["data"],
): Promise<{ name: string; inputs: number; train: InputsAndTargets; test?: InputsAndTargets }> {
  if (spec.kind === "cifar10" || spec.kind === "synthetic") {
    const data = await datasetOf(spec);
    return {
      name: data.name,
      inputs: data.inputShape.reduce((a, b) => a * b, 1),
      train: { X: Float64Array.from(data.inputs), y: Float64Array.from(data.targets) },
    };
  }
  const { inputs, count, testCount, seed } = spec;
  const random = seededRandom(seed);
  const teach = teacherOf(spec, random.stream("teacher"));
  const draw = (stream: string, n: number): InputsAndTargets => {
    const X = inputsOf(spec, n, random.stream(stream));
    return { X, y: teach(X) };
  };
  return {
    name: `${spec.kind} in ${inputs} dimensions, ${spec.teacher.kind} teacher`,
    inputs,
    train: draw("inputs", count),
    ...(testCount === undefined ? {} : { test: draw("test inputs", testCount) }),
  };
}

function inputsOf({ kind, inputs }: ProblemSpec, count: number, random: SeededRandom): Float64Array {
  switch (kind) {
    case "sphere":
      return uniformOnSphere(count, inputs, random);
    case "gaussian":
      return gaussianInputs(count, inputs, random);
    case "cube":
      return Float64Array.from({ length: count * inputs }, () => 2 * random() - 1);
  }
}

function teacherOf({ inputs, teacher }: ProblemSpec, random: SeededRandom): (X: Float64Array) => Float64Array {
  switch (teacher.kind) {
    case "relu":
      return reluTeacher(inputs, random, teacher.neurons);
    case "linear": {
      const each = Array.from({ length: teacher.outputs }, () => linearTeacher(inputs, random));
      return (X) => {
        const columns = each.map((one) => one(X));
        return Float64Array.from(
          { length: columns[0]!.length * each.length },
          (_, k) => columns[k % each.length]![Math.floor(k / each.length)]!,
        );
      };
    }
    case "sparse":
      return (X) =>
        Float64Array.from({ length: X.length / inputs }, (_, i) => {
          let sum = 0;
          for (let k = 0; k < teacher.coordinates; k++) sum += X[i * inputs + k]!;
          return sum;
        });
  }
}

type Learned = Partial<LearnedFunction>;

function modelOf(
  config: ClosedFormConfig,
  inputs: number,
  outputs: number,
  random: SeededRandom,
): { model: ClosedFormModel; learned?: (theta: Float64Array) => Learned } {
  if (outputs > 1 && config.kind !== "deep-linear")
    throw new RangeError(`closedFormProblem: expected one output for ${config.kind}, got ${outputs}`);
  switch (config.kind) {
    case "linear":
      return { model: linearRegression({ inputs }) };
    case "deep-linear": {
      const { depth, width, initialScale } = config;
      return {
        model: deepLinear({ inputs, outputs, depth, width, ...(initialScale === undefined ? {} : { initialScale }) }),
      };
    }
    case "diagonal-linear": {
      const { initialScale } = config;
      const model = diagonalLinear({ inputs, ...(initialScale === undefined ? {} : { initialScale }) });
      const squares = new Float64Array(inputs).fill(1 / 3); // E x² of the cube
      return {
        model,
        learned: (theta) => ({
          balance: diagonalLinearBalance(model, theta),
          populationTrace: diagonalLinearTrace(model, theta, squares).trace,
        }),
      };
    }
    case "random-features": {
      const { features, activation } = config;
      return { model: randomFeatures({ inputs, features, activation, random: random.stream("features") }) };
    }
    case "two-layer-relu": {
      const model = twoLayerRelu({ inputs, width: config.width });
      return {
        model,
        learned: (theta) => ({ pathNorm: pathNorm(model, theta), populationTrace: twoLayerReluTrace(model, theta) }),
      };
    }
  }
}
