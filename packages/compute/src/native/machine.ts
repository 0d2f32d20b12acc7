import { statfs } from "node:fs/promises";
import { ComputeError } from "../errors.js";
import type { NativeVariant } from "./folder.js";
import { run } from "./run.js";

/** What decides whether and which library fits. */
export interface Machine {
  platform: string;
  arch: string;
  /** Version of glibc; `undefined` where the C library is another (musl, say). */
  glibc?: string;
}

/** The machine that this runs on. */
export function thisMachine(): Machine {
  const { platform, arch } = process;
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return {
    platform,
    arch,
    ...(header.glibcVersionRuntime === undefined ? {} : { glibc: header.glibcVersionRuntime }),
  };
}

/** How PyPI names a machine and its TensorFlow. */
export interface WheelKind {
  /** Name on PyPI. */
  project: string;
  /** The end of a platform tag, "x86_64" or "aarch64". */
  arch: string;
  /** glibc's version here, [major, minor]. */
  glibc: [number, number];
}

/**
 * Which wheel holds TensorFlow's C library for a machine.
 *
 * @throws ComputeError `UNSUPPORTED_PLATFORM`, with what there is instead.
 */
export function wheelKindOf(variant: NativeVariant, { platform, arch, glibc }: Machine): WheelKind {
  const refuse = (got: string, instead: string): ComputeError =>
    new ComputeError(
      "UNSUPPORTED_PLATFORM",
      `sgdscope-tensorflow: expected Linux with glibc on x64${variant === "gpu" ? "" : " or arm64"}, got ${got}; ${instead}`,
    );
  const name = variant === "gpu" ? "@tensorflow/tfjs-node-gpu" : "@tensorflow/tfjs-node";
  if (platform !== "linux") throw refuse(`${platform} ${arch}`, `try: npm install ${name}`);
  if (glibc === undefined) throw refuse("Linux with another C library", 'use the backend "wasm"');
  if (arch === "arm64" && variant === "cpu") return { project: "tensorflow", arch: "aarch64", glibc: numbers(glibc) };
  if (arch !== "x64") throw refuse(`Linux on ${arch}`, 'use the backend "wasm"');
  return { project: variant === "gpu" ? "tensorflow" : "tensorflow-cpu", arch: "x86_64", glibc: numbers(glibc) };
}

const numbers = (version: string): [number, number] => {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return [major, minor];
};

/**
 * The C++ compiler to use: `CXX`, else the first of g++, clang++, c++ that is there.
 *
 * @throws ComputeError `NO_COMPILER`, with how to get one.
 */
export async function findCompiler(environment: NodeJS.ProcessEnv): Promise<{ program: string; version: string }> {
  const named = environment["CXX"];
  for (const program of named ? [named] : ["g++", "clang++", "c++"]) {
    const { status, stdout } = await run(program, ["--version"], { environment });
    if (status === 0) return { program, version: stdout.split("\n")[0]! };
  }
  throw new ComputeError(
    "NO_COMPILER",
    `sgdscope-tensorflow: expected a C++ compiler (${named ?? "g++, clang++ or c++"}), got none; ` +
      "install one (Debian, Ubuntu: apt-get install g++; Fedora: dnf install gcc-c++) or name one in CXX",
  );
}

/** @throws ComputeError `NO_NPM`. */
export async function requireNpm(environment: NodeJS.ProcessEnv): Promise<void> {
  const { status } = await run("npm", ["--version"], { environment });
  if (status !== 0)
    throw new ComputeError("NO_NPM", "sgdscope-tensorflow: expected npm on the PATH, got none; it comes with Node.js");
}

/**
 * Checks that a folder's file system has room.
 *
 * @throws ComputeError `DISK_FULL`.
 */
export async function requireSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= bytes) return;
  const gigabytes = (count: number): string => (count / 1e9).toFixed(1);
  throw new ComputeError(
    "DISK_FULL",
    `sgdscope-tensorflow: expected ${gigabytes(bytes)} GB free in ${folder}, got ${gigabytes(bavail * bsize)}; ` +
      "choose another folder with --into",
  );
}
