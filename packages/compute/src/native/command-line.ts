import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ComputeError, type ComputeErrorCode } from "../errors.js";
import { locateNative, NATIVE_PACKAGES, nativeRoot, type NativeVariant } from "./folder.js";
import { installTensorFlow, removeTensorFlow, TESTED_TENSORFLOW } from "./install.js";
import { prove, type Proof } from "./prove.js";
import { lastLines, run } from "./run.js";

const HELP = `sgdscope-tensorflow builds TensorFlow for Node.js from a current release.

It takes TensorFlow's C library out of a wheel on PyPI, compiles the binding of @tensorflow/tfjs-node 4.22 to it, proves that it
computes, and puts it where prepareBackend("tensorflow") of @sgdscope/compute looks. Linux with glibc; needs npm and a C++ compiler.

  sgdscope-tensorflow install [options]   build it, or say that it is there
  sgdscope-tensorflow verify [options]    load it and compute
  sgdscope-tensorflow remove [options]    delete it

  --gpu                  the build with CUDA, for prepareBackend("tensorflow-gpu")
  --wheel FILE           take this wheel instead of downloading one
  --tensorflow VERSION   a release, or "latest"; ${TESTED_TENSORFLOW} by default, which the binding is tested with
  --python PY            download with PY -m pip, with its proxies and settings
  --cuda DIR             link the folder nvidia of pip's CUDA packages, where CUDA is not installed otherwise
  --into DIR             the folder to use; set SGDSCOPE_TENSORFLOW_DIR to it afterwards
  --help                 this text

Folder: SGDSCOPE_TENSORFLOW_DIR, else sgdscope/tensorflow in the user's cache folder. Package index: PIP_INDEX_URL, else pip's, else PyPI.
`;

/** Runs the command; returns the exit status: 0, 1 where something failed, 2 where the command line does not read. */
export async function commandLine(args: string[]): Promise<number> {
  try {
    return await dispatch(args);
  } catch (error) {
    if (!(error instanceof ComputeError)) throw error;
    process.stderr.write(`${error.message} [${error.code}]\n`);
    return error.code === "USAGE" ? 2 : 1;
  }
}

async function dispatch(args: string[]): Promise<number> {
  const { values, positionals } = read(args);
  const [action, ...rest] = positionals;
  if (values.help === true || action === undefined || action === "help") {
    process.stdout.write(HELP);
    return values.help === true || action === "help" ? 0 : 2;
  }
  if (rest.length > 0) throw usage(`one action, got ${positionals.join(" ")}`);
  const variant: NativeVariant = values.gpu === true ? "gpu" : "cpu";
  const root = resolve(values.into ?? (await nativeRoot()));
  switch (action) {
    case "install":
      return install(variant, root, values);
    case "verify":
      say(`${where(variant, root)}: ${sentence(variant, await proveApart(variant, root))}`);
      return 0;
    case "remove":
      say(`${where(variant, root)}: ${(await removeTensorFlow(variant, root)) ? "removed" : "nothing there"}`);
      return 0;
    case "prove":
      say(JSON.stringify(await prove(variant, root)));
      return 0;
    default:
      throw usage(`install, verify or remove, got ${action}`);
  }
}

type Values = ReturnType<typeof read>["values"];

function read(args: string[]) {
  const flag = { type: "boolean" } as const;
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...{ gpu: flag, help: { ...flag, short: "h" } },
        ...{ wheel: text, tensorflow: text, python: text, cuda: text, into: text },
      },
    });
  } catch (error) {
    throw usage((error as Error).message);
  }
}

const usage = (what: string): ComputeError =>
  new ComputeError("USAGE", `sgdscope-tensorflow: expected ${what}; see sgdscope-tensorflow --help`);

async function install(variant: NativeVariant, root: string, values: Values): Promise<number> {
  if (values.cuda !== undefined && variant === "cpu") throw usage("--cuda only with --gpu");
  const start = Date.now();
  let shown = 0;
  let proof: Proof | undefined;
  const { installed, fresh } = await installTensorFlow({
    variant,
    root,
    ...(values.wheel === undefined ? {} : { wheel: values.wheel }),
    ...(values.tensorflow === undefined ? {} : { version: values.tensorflow }),
    ...(values.python === undefined ? {} : { python: values.python }),
    ...(values.cuda === undefined ? {} : { cuda: values.cuda }),
    onStep: say,
    onProgress: (bytes, total) => {
      const tenths = total === undefined ? 0 : Math.floor((10 * bytes) / total);
      if (tenths > shown) say(`  ${tenths * 10} % of ${((total ?? 0) / 1e6).toFixed(0)} MB`);
      shown = Math.max(shown, tenths);
    },
    prove: async (built) => {
      proof = await proveApart(variant, built);
    },
  });
  proof ??= await proveApart(variant, root);
  const took = fresh ? `, built in ${((Date.now() - start) / 1000).toFixed(0)} s` : ", there already";
  say(`${where(variant, root)}: ${sentence(variant, proof)}${took} (${installed.wheel})`);
  const found = await locateNative(variant);
  if (found === undefined) say(`set SGDSCOPE_TENSORFLOW_DIR=${root} for prepareBackend to find it`);
  return 0;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const where = (variant: NativeVariant, root: string): string => join(root, variant);

const sentence = (variant: NativeVariant, { tensorflow, gpu }: Proof): string =>
  `TensorFlow ${tensorflow} computes` +
  (variant === "cpu"
    ? ""
    : gpu
      ? " on the GPU"
      : ", but sees no GPU here (check nvidia-smi, CUDA 12 and cuDNN 9, or --cuda)");

/** Proves in a process of its own, since a native library may take its process with it. */
async function proveApart(variant: NativeVariant, root: string): Promise<Proof> {
  const program = [
    ...process.execArgv,
    process.argv[1]!,
    "prove",
    "--into",
    root,
    ...(variant === "gpu" ? ["--gpu"] : []),
  ];
  const { status, stdout, stderr } = await run(process.execPath, program);
  if (status === 0) return JSON.parse(stdout) as Proof;
  const said = /^(.*) \[([A-Z_]+)\]\s*$/s.exec(stderr);
  if (said !== null) throw new ComputeError(said[2] as ComputeErrorCode, said[1]!);
  const reason = lastLines(stderr) || `the process ended with status ${String(status)}`;
  throw new ComputeError(
    "BACKEND_FAILED",
    `sgdscope-tensorflow: expected a working ${NATIVE_PACKAGES[variant]}, got: ${reason}`,
  );
}
