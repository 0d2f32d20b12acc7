import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { ComputeError } from "../errors.js";
import { BINDING, BRIDGES } from "./bridge.js";
import { locateNative, MANIFEST, NATIVE_PACKAGES, type Installed, type NativeVariant } from "./folder.js";
import { findCompiler, requireNpm, requireSpace, thisMachine, wheelKindOf, type Machine } from "./machine.js";
import { QUIET, QUIET_ADDON } from "./quiet-addon.js";
import { lastLines, run } from "./run.js";
import { downloadWheel, findWheel, indexUrl, pipDownload, sha256Of } from "./wheel.js";
import { openZip, type Zip } from "./zip.js";

/** The release that the binding is tested with. */
export const TESTED_TENSORFLOW = "2.21.0";
const TFJS = "4.22.0";
const HEADERS = "1.9.0";

export interface InstallOptions {
  variant: NativeVariant;
  /** The folder for all variants, as `nativeRoot` gives it. */
  root: string;
  /** A wheel that is here already. */
  wheel?: string;
  /** A version, or "latest". */
  version?: string;
  /** A Python whose pip downloads. */
  python?: string;
  /** The folder `nvidia` of pip's CUDA packages, to be linked where TensorFlow's library looks for it. */
  cuda?: string;
  /** Told of each step. */
  onStep?: (line: string) => void;
  onProgress?: (bytes: number, total: number | undefined) => void;
  machine?: Machine;
  environment?: NodeJS.ProcessEnv;
  /** Proves that what was built works; what is in place is only replaced after it. */
  prove?: (root: string) => Promise<void>;
}

/**
 * Builds tfjs-node against the C library in a TensorFlow wheel, in a temporary folder that takes its place at the end.
 *
 * @returns What is there now, and whether it was there before.
 * @throws ComputeError with the codes of what may be missing; nothing is left behind then.
 */
export async function installTensorFlow(options: InstallOptions): Promise<{ installed: Installed; fresh: boolean }> {
  const { variant, root, environment = process.env, onStep = () => undefined } = options;
  const present = await locateNative(variant, root);
  if (options.wheel !== undefined) requireFile("--wheel", options.wheel);
  if (options.cuda !== undefined) requireFile("--cuda", options.cuda);
  if (present !== undefined && (await fulfils(present.installed, options))) {
    if (options.cuda !== undefined) await linkCuda(options.cuda, packageIn(join(root, variant), variant));
    return { installed: present.installed, fresh: false };
  }
  const kind = wheelKindOf(variant, options.machine ?? thisMachine());
  await requireNpm(environment);
  const compiler = await findCompiler(environment);

  await mkdir(root, { recursive: true });
  await removeLeftovers(variant, root);
  const work = await mkdtemp(join(root, `.${variant}-${process.pid}-`));
  const clear = (): void => rmSync(work, { recursive: true, force: true });
  process.once("exit", clear);
  try {
    const wheel = options.wheel ?? (await fetchWheel());
    const sha256 = await sha256Of(wheel);
    onStep(`library: ${basename(wheel)}`);
    const home = join(work, variant);
    const target = packageIn(home, variant);
    await installPackages(variant, home, environment);
    const zip = await openZip(wheel);
    let tensorflow: string;
    try {
      tensorflow = versionIn(zip, wheel);
      await unpackLibrary(zip, wheel, target, root);
    } finally {
      await zip.close();
    }
    if (options.cuda !== undefined) await linkCuda(options.cuda, target);
    onStep(`binding: ${compiler.version}`);
    await compile(compiler.program, target, home, environment);
    await rm(join(target, "deps", "include"), { recursive: true });
    const installed: Installed = { tensorflow, tfjs: TFJS, wheel: basename(wheel), sha256 };
    await writeFile(join(home, MANIFEST), `${JSON.stringify(installed, null, 2)}\n`);
    await options.prove?.(work);
    if (present !== undefined) await rename(join(root, variant), join(work, "before"));
    else await rm(join(root, variant), { recursive: true, force: true });
    await rename(home, join(root, variant));
    return { installed, fresh: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC")
      throw new ComputeError("DISK_FULL", `sgdscope-tensorflow: expected room in ${root}, got none left`, {
        cause: error,
      });
    throw error;
  } finally {
    clear();
    process.removeListener("exit", clear);
  }

  async function fetchWheel(): Promise<string> {
    const version = options.version ?? TESTED_TENSORFLOW;
    if (options.python !== undefined) {
      onStep(`downloads ${kind.project} ${version} with ${options.python} -m pip`);
      return pipDownload(options.python, kind, version, work, environment);
    }
    const index = await indexUrl(environment);
    const link = await findWheel(kind, version, index);
    onStep(`downloads ${link.filename}`);
    return downloadWheel(link, work, options.onProgress);
  }
}

/** Whether what is there is what is asked for. */
async function fulfils(installed: Installed, { wheel, version }: InstallOptions): Promise<boolean> {
  if (wheel !== undefined) return (await sha256Of(wheel)) === installed.sha256;
  return version === undefined || version === installed.tensorflow;
}

const packageIn = (home: string, variant: NativeVariant): string =>
  join(home, "node_modules", NATIVE_PACKAGES[variant]);

/** Links CUDA's libraries where the run path of TensorFlow's looks for them: `../nvidia`. */
async function linkCuda(cuda: string, target: string): Promise<void> {
  const link = join(target, "deps", "nvidia");
  await rm(link, { force: true });
  await symlink(resolve(cuda), link);
}

function requireFile(option: string, path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
  throw new ComputeError("USAGE", `sgdscope-tensorflow: expected ${option} to name what is there, got ${path}`);
}

/** Clears the folders of runs that were killed: their names hold their process ids. */
async function removeLeftovers(variant: NativeVariant, root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const id = new RegExp(`^\\.${variant}-(\\d+)-`).exec(name)?.[1];
    if (id === undefined || isAlive(Number(id))) continue;
    await rm(join(root, name), { recursive: true, force: true });
  }
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The package without its install script, Node's headers, and the stand-ins for two dependencies. */
async function installPackages(variant: NativeVariant, home: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const overrides: Record<string, string> = {};
  for (const [name, { version, source }] of Object.entries(BRIDGES)) {
    const folder = join(home, "bridges", name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "package.json"), JSON.stringify({ name, version, main: "index.js" }));
    await writeFile(join(folder, "index.js"), source);
    overrides[name] = `file:bridges/${name}`;
  }
  const dependencies = { ...overrides, [NATIVE_PACKAGES[variant]]: TFJS, "node-api-headers": HEADERS };
  await writeFile(join(home, "package.json"), JSON.stringify({ private: true, dependencies, overrides }, null, 2));
  const options = "--ignore-scripts --install-links --no-audit --no-fund --no-package-lock --loglevel=error";
  const { status, stderr } = await run("npm", ["install", ...options.split(" ")], { folder: home, environment });
  if (status === 0) return;
  const offline = /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENOTCACHED|network/.test(stderr);
  throw new ComputeError(
    offline ? "NO_NETWORK" : /ENOSPC/.test(stderr) ? "DISK_FULL" : "BUILD_FAILED",
    `sgdscope-tensorflow: expected npm to fetch ${NATIVE_PACKAGES[variant]}@${TFJS}, got:\n${lastLines(stderr)}`,
  );
}

const LIBRARIES = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];

/** TensorFlow's version, from the metadata of the wheel. */
function versionIn(zip: Zip, wheel: string): string {
  const metadata = [...zip.entries.keys()].find((name) => /^[^/]+\.dist-info\/METADATA$/.test(name));
  const version = /^tensorflow(?:_[a-z]+)?-([^/]+)\.dist-info/.exec(metadata ?? "")?.[1];
  const missing = LIBRARIES.filter((name) => !zip.entries.has(`tensorflow/${name}`));
  if (version !== undefined && missing.length === 0) return version;
  throw new ComputeError(
    "WHEEL_INVALID",
    `sgdscope-tensorflow: expected a wheel of TensorFlow for Linux with its C library, got ${basename(wheel)}` +
      (version === undefined ? "" : ` without ${missing.join(" and ")}`),
  );
}

/** Puts the library and the headers of its C interface where the binding expects them. */
async function unpackLibrary(zip: Zip, wheel: string, target: string, root: string): Promise<void> {
  const size = LIBRARIES.reduce((sum, name) => sum + zip.entries.get(`tensorflow/${name}`)!.size, 0);
  await requireSpace(root, size + 50e6);
  const library = join(target, "deps", "lib");
  for (const name of LIBRARIES) await zip.extract(`tensorflow/${name}`, join(library, name));
  await symlink("libtensorflow_cc.so.2", join(library, "libtensorflow.so"));
  await symlink("libtensorflow_framework.so.2", join(library, "libtensorflow_framework.so"));
  const needed = await includesOf(join(target, "binding"));
  if (!zip.entries.has(`${INCLUDE}tensorflow/c/c_api.h`))
    throw new ComputeError("WHEEL_INVALID", `sgdscope-tensorflow: expected C headers in ${basename(wheel)}, got none`);
  // Of 17,000 headers in a wheel the binding needs those it includes, and what these include in turn.
  for (const header of needed) {
    if (!zip.entries.has(INCLUDE + header)) continue;
    const path = join(target, "deps", "include", header);
    await zip.extract(INCLUDE + header, path);
    for (const name of includesIn(await readFile(path, "utf8"))) {
      needed.add(name);
      needed.add(join(dirname(header), name));
    }
  }
}

const INCLUDE = "tensorflow/include/";

const includesIn = (source: string): string[] =>
  [...source.matchAll(/^\s*#\s*include\s*["<]([^">]+)[">]/gm)].map(([, name]) => name!);

async function includesOf(folder: string): Promise<Set<string>> {
  const sources = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")));
  return new Set(sources.flatMap(includesIn));
}

/** Compiles the binding, and the addon that keeps its loading quiet. */
async function compile(compiler: string, target: string, home: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const output = join(target, BINDING);
  await mkdir(dirname(output), { recursive: true });
  await writeFile(join(target, "binding", "quiet.cc"), QUIET_ADDON);
  const options = "-std=c++17 -O2 -shared -fPIC -w -DNAPI_VERSION=8 -DNODE_GYP_MODULE_NAME=addon -I deps/include -I .";
  const common = [...options.split(" "), "-I", join(home, "node_modules", "node-api-headers", "include")];
  const sources = ["binding/tfjs_backend.cc", "binding/tfjs_binding.cc"];
  const libraries = "-Ldeps/lib -ltensorflow -ltensorflow_framework -Wl,-rpath,$ORIGIN/../../deps/lib".split(" ");
  for (const args of [
    ["binding/quiet.cc", "-o", join(dirname(output), QUIET)],
    [...sources, ...libraries, "-o", output],
  ]) {
    const { status, stderr } = await run(compiler, [...common, ...args], { folder: target, environment });
    if (status === 0) continue;
    throw new ComputeError(
      stderr.includes("No space left") ? "DISK_FULL" : "BUILD_FAILED",
      `sgdscope-tensorflow: expected ${compiler} to compile the binding, got:\n${lastLines(stderr, 12)}`,
    );
  }
}

/**
 * Deletes an installed variant.
 *
 * @returns Whether there was one.
 */
export async function removeTensorFlow(variant: NativeVariant, root: string): Promise<boolean> {
  const folder = join(root, variant);
  const there = statSync(folder, { throwIfNoEntry: false }) !== undefined;
  await rm(folder, { recursive: true, force: true });
  if (there || statSync(root, { throwIfNoEntry: false }) !== undefined) await removeLeftovers(variant, root);
  return there;
}
