import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { multiply, symmetricEigen } from "@sgdscope/linear-algebra";
import { versionAbove } from "../report/version.js";

/** A library that could do the dense linear algebra instead of ours. */
export interface Library {
  name: string;
  version: string;
  /** The product of two n × n matrices, row-major. */
  multiply?: (a: Float64Array, b: Float64Array, n: number) => unknown;
  /** Eigenvalues, in any order, and eigenvectors (computed, not returned) of a symmetric matrix. */
  eigen?: (matrix: Float64Array, n: number) => ArrayLike<number>;
  /** The largest n worth a try: beyond it takes minutes, or fails. */
  limits: { multiply: number; eigen: number };
}

interface Found {
  path: string;
  version: string;
  require: NodeJS.Require;
}

/** Where a package is, as seen from here or from another folder. */
function find(name: string, from: string): Found | undefined {
  for (const base of [import.meta.url, pathToFileURL(`${from}/_.js`).href]) {
    const require = createRequire(base);
    try {
      const path = require.resolve(name);
      return { path, version: versionAbove(path), require };
    } catch {
      continue;
    }
  }
  return undefined;
}

interface MlMatrix {
  Matrix: { from1DArray: (rows: number, columns: number, data: Float64Array) => Table };
  EigenvalueDecomposition: new (
    matrix: Table,
    options: { assumeSymmetric: boolean },
  ) => { realEigenvalues: number[]; eigenvectorMatrix: unknown };
}
interface Table {
  mmul: (other: Table) => Table;
}

function mlMatrix({ require, version }: Found): Library {
  const { Matrix, EigenvalueDecomposition } = require("ml-matrix") as MlMatrix;
  return {
    name: "ml-matrix",
    version,
    limits: { multiply: 1000, eigen: 1000 },
    multiply: (a, b, n) => Matrix.from1DArray(n, n, a).mmul(Matrix.from1DArray(n, n, b)),
    eigen: (matrix, n) => {
      const decomposition = new EigenvalueDecomposition(Matrix.from1DArray(n, n, matrix), { assumeSymmetric: true });
      void decomposition.eigenvectorMatrix;
      return decomposition.realEigenvalues;
    },
  };
}

interface NdArray {
  data: Float64Array;
  reshape: (shape: number[]) => NdArray;
}
interface NumpyTs {
  asarray: (data: Float64Array) => NdArray;
  matmul: (a: NdArray, b: NdArray) => NdArray;
  linalg: { eigh: (a: NdArray) => { w: NdArray; v: NdArray } };
}

async function numpyTs({ path, version }: Found): Promise<Library> {
  const np = (await import(pathToFileURL(path).href)) as NumpyTs;
  const square = (data: Float64Array, n: number): NdArray => np.asarray(data).reshape([n, n]);
  return {
    name: "numpy-ts",
    version,
    limits: { multiply: 2000, eigen: 200 },
    multiply: (a, b, n) => np.matmul(square(a, n), square(b, n)),
    eigen: (matrix, n) => np.linalg.eigh(square(matrix, n)).w.data,
  };
}

interface Emscripten {
  cwrap: (name: string, result: null, types: "number"[]) => (...pointers: number[]) => void;
  _malloc: (bytes: number) => number;
  _free: (pointer: number) => void;
  setValue: (pointer: number, value: number, type: "i8" | "i32") => void;
  getValue: (pointer: number, type: "double") => number;
  HEAPF64: Float64Array;
}

/** LAPACK's dsyev; its heap has 16 MB, so 8n² must fit with room to spare. */
function emlapack({ require, version }: Found): Library {
  // It rethrows every uncaught error of the process from within its own source, a single line of 200,000 characters.
  const before = new Set(process.listeners("uncaughtException"));
  const lapack = require("emlapack") as Emscripten;
  for (const handler of process.listeners("uncaughtException"))
    if (!before.has(handler)) process.removeListener("uncaughtException", handler);
  const dsyev = lapack.cwrap("dsyev_", null, Array<"number">(9).fill("number"));
  const eigen = (matrix: Float64Array, n: number): Float64Array => {
    const taken: number[] = [];
    const allocate = (bytes: number): number => {
      const pointer = lapack._malloc(bytes);
      taken.push(pointer);
      return pointer;
    };
    const integer = (value: number): number => {
      const pointer = allocate(4);
      lapack.setValue(pointer, value, "i32");
      return pointer;
    };
    const letter = (value: string): number => {
      const pointer = allocate(1);
      lapack.setValue(pointer, value.charCodeAt(0), "i8");
      return pointer;
    };
    const size = integer(n);
    const [job, half, a, w, info, best] = [
      letter("V"),
      letter("U"),
      allocate(8 * n * n),
      allocate(8 * n),
      integer(0),
      allocate(8),
    ];
    lapack.HEAPF64.set(matrix, a / 8);
    dsyev(job, half, size, a, size, w, best, integer(-1), info);
    const length = lapack.getValue(best, "double");
    dsyev(job, half, size, a, size, w, allocate(8 * length), integer(length), info);
    const values = lapack.HEAPF64.slice(w / 8, w / 8 + n);
    taken.forEach((pointer) => lapack._free(pointer));
    return values;
  };
  return { name: "emlapack", version, limits: { multiply: 0, eigen: 500 }, eigen };
}

/** The libraries that were weighed against our own, with how to load each. */
const CANDIDATES: readonly [name: string, load: (found: Found) => Library | Promise<Library>][] = [
  ["ml-matrix", mlMatrix],
  ["numpy-ts", numpyTs],
  ["emlapack", emlapack],
];

/**
 * Ours, and those of the others that are installed.
 *
 * @param from - Folder in whose `node_modules` they are looked for.
 */
export async function libraries(from: string): Promise<{ present: Library[]; absent: string[] }> {
  const ours: Library = {
    name: "@sgdscope/linear-algebra",
    version: "this repository",
    limits: { multiply: 2000, eigen: 2000 },
    multiply: (a, b, n) => multiply(a, b, n, n, n),
    eigen: (matrix, n) => symmetricEigen(matrix, n).values,
  };
  const present = [ours];
  const absent: string[] = [];
  for (const [name, load] of CANDIDATES) {
    const found = find(name, from);
    if (found === undefined) absent.push(name);
    else present.push(await load(found));
  }
  return { present, absent };
}
