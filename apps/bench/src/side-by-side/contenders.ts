import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "./contender.js";

export interface ContenderChoice {
  name: string;
  /** Whether it is ours: ratios are ours over the best of the others. */
  ours: boolean;
  command: (places: Places) => Command;
  /** What to do where it does not start. */
  remedy: string;
}

export interface Places {
  /** Python with the peers. */
  python: string;
  /** Folder whose `node_modules` has `@tensorflow/tfjs-node`, where the repository's has none. */
  nativeFrom: string | undefined;
  threads: number;
}

const here = dirname(fileURLToPath(import.meta.url));
const app = join(here, "..", "..");
const repository = join(app, "..", "..");

const javascript =
  (script: string, ...args: string[]): ContenderChoice["command"] =>
  ({ threads, nativeFrom }) => ({
    command: process.execPath,
    args: [
      "--conditions=sgdscope-source",
      "--import",
      "tsx",
      join(app, "src", script),
      ...args,
      ...(nativeFrom === undefined || args[0] !== "tensorflow" ? [] : [nativeFrom]),
    ],
    cwd: repository,
    env: {
      SGDSCOPE_THREADS: String(threads),
      TF_NUM_INTRAOP_THREADS: String(threads),
      OMP_NUM_THREADS: String(threads),
    },
  });

const python =
  (module: string): ContenderChoice["command"] =>
  ({ python, threads }) => ({
    command: python,
    args: [join(app, "python", "peer.py"), module],
    env: { OMP_NUM_THREADS: String(threads), PYTHONDONTWRITEBYTECODE: "1", CUDA_VISIBLE_DEVICES: "" },
  });

const PEERS = "npm run bench:peers -w @sgdscope/bench";
const peer = (name: string, module: string): ContenderChoice => ({
  name,
  ours: false,
  command: python(module),
  remedy: PEERS,
});

export const CONTENDERS: readonly ContenderChoice[] = [
  { name: "sgdscope wasm", ours: true, command: javascript("contender-sgdscope.ts", "wasm"), remedy: "npm install" },
  {
    name: "sgdscope tensorflow",
    ours: true,
    command: javascript("contender-sgdscope.ts", "tensorflow"),
    remedy: "npx sgdscope-tensorflow install, or --native-from FOLDER",
  },
  peer("PyTorch", "pytorch"),
  peer("torch.compile", "torch_compile"),
  peer("torch.func", "torch_func"),
  peer("PyHessian", "pyhessian"),
  peer("curvlinops", "curvlinops"),
  peer("BackPACK", "backpack"),
  peer("hessian-eigenthings", "hessian_eigenthings"),
  { name: "jax-js", ours: false, command: javascript("contender-jax-js.ts"), remedy: "npm install" },
];

/** The contender that knows the answers, in double precision. */
export const REFERENCE: ContenderChoice = peer("reference", "reference");

/** The environment that `npm run bench:peers` makes. */
export const PEERS_FOLDER = join(app, "python", ".venv");

/** The Python to use: as given, else the peers' own, else whatever `python3` is. */
export function pythonOf(given: string | undefined): string {
  const own = join(PEERS_FOLDER, "bin", "python");
  return given ?? (existsSync(own) ? own : "python3");
}
