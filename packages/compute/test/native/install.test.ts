import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { locateNative, nativeRoot } from "../../src/native/folder.js";
import { installTensorFlow, removeTensorFlow, type InstallOptions } from "../../src/native/install.js";
import { requireSpace, wheelKindOf } from "../../src/native/machine.js";
import { wheelFiles, zipOf } from "./archive.js";

let folder: string;
let root: string;
let wheel: string;
const machine = { platform: "linux", arch: "x64", glibc: "2.36" };

/** Puts programs of these names and scripts on a PATH of their own. */
async function programs(scripts: Record<string, string>): Promise<NodeJS.ProcessEnv> {
  const bin = join(folder, "bin");
  await rm(bin, { recursive: true, force: true });
  await mkdir(bin);
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(bin, name), `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  return { PATH: bin };
}
const npm = `[ "$1" = --version ] && exit 0
mkdir -p node_modules/node-api-headers/include node_modules/@tensorflow/tfjs-node/binding
echo '#include "tensorflow/c/c_api.h"' > node_modules/@tensorflow/tfjs-node/binding/tfjs_backend.cc`;
const compiler = `[ "$1" = --version ] && echo "fake 1.0" && exit 0
[ -f deps/include/tensorflow/c/tf_status.h ] && [ ! -e deps/include/tensorflow/core ] || { echo "no header" >&2; exit 1; }
for last; do :; done; echo built > "$last"`;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-native-"));
  root = join(folder, "root");
  wheel = join(folder, "tensorflow_cpu-2.99.0.whl");
  await writeFile(wheel, zipOf(wheelFiles));
});
afterEach(() => rm(folder, { recursive: true }));

const install = async (options: Partial<InstallOptions> = {}) =>
  installTensorFlow({
    variant: "cpu",
    root,
    wheel,
    machine,
    ...options,
    environment: options.environment ?? (await programs({ npm, "g++": compiler })),
  });
const home = (...parts: string[]): string => join(root, "cpu", "node_modules/@tensorflow/tfjs-node", ...parts);

// The fakes are shell scripts; elsewhere the platform is refused anyway.
describe.skipIf(process.platform === "win32")("installTensorFlow", () => {
  it("lays out library and binding, and says what it did", async () => {
    const steps: string[] = [];
    const { installed, fresh } = await install({ onStep: (line) => steps.push(line) });
    expect(fresh).toBe(true);
    expect(installed).toMatchObject({ tensorflow: "2.99.0", tfjs: "4.22.0", wheel: "tensorflow_cpu-2.99.0.whl" });
    expect(steps).toEqual(["library: tensorflow_cpu-2.99.0.whl", "binding: fake 1.0"]);
    expect((await readdir(home("deps"))).sort()).toEqual(["lib"]);
    expect(await readlink(home("deps/lib/libtensorflow.so"))).toBe("libtensorflow_cc.so.2");
    expect((await readdir(home("lib/napi-v8"))).sort()).toEqual(["quiet.node", "tfjs_binding.node"]);
    expect(await readdir(root)).toEqual(["cpu"]);
    const overrides = JSON.parse(await readFile(join(root, "cpu/package.json"), "utf8")) as { overrides: object };
    expect(overrides.overrides).toMatchObject({ "@tensorflow/tfjs": "file:bridges/@tensorflow/tfjs" });
    expect((await locateNative("cpu", root))?.installed).toEqual(installed);
    expect(await locateNative("gpu", root)).toBeUndefined();
  });

  it("leaves alone what is there, builds another version, and removes", async () => {
    await install();
    const environment = await programs({});
    expect((await install({ environment })).fresh).toBe(false);
    expect((await install({ environment, version: "2.99.0", wheel: undefined as never })).fresh).toBe(false);
    const other = join(folder, "other.whl");
    await writeFile(other, zipOf({ ...wheelFiles, "tensorflow/libtensorflow_cc.so.2": "another library" }));
    expect((await install({ wheel: other })).fresh).toBe(true);
    expect(await readFile(home("deps/lib/libtensorflow_cc.so.2"), "utf8")).toBe("another library");
    expect(await removeTensorFlow("cpu", root)).toBe(true);
    expect(await removeTensorFlow("cpu", root)).toBe(false);
    expect(await readdir(root)).toEqual([]);
  });

  it("keeps what is there until the new one is proved, and clears what killed runs left", async () => {
    const { installed } = await install();
    await mkdir(join(root, ".cpu-999999999-abc"));
    const other = join(folder, "other.whl");
    await writeFile(other, zipOf({ ...wheelFiles, "tensorflow/libtensorflow_cc.so.2": "broken" }));
    const prove = (): Promise<void> => Promise.reject(new Error("computes nonsense"));
    await expect(install({ wheel: other, prove })).rejects.toThrow("nonsense");
    expect((await locateNative("cpu", root))?.installed).toEqual(installed);
    expect(await readdir(root)).toEqual(["cpu"]);
  });

  it("links CUDA's libraries where TensorFlow's library looks for them", async () => {
    await install({ cuda: folder });
    expect(await readlink(home("deps/nvidia"))).toBe(folder);
    await install({ cuda: join(folder, "root") });
    expect(await readlink(home("deps/nvidia"))).toBe(join(folder, "root"));
  });

  it.each<[string, () => Promise<Partial<InstallOptions>>, string, RegExp]>([
    ["npm", async () => ({ environment: await programs({}) }), "NO_NPM", /expected npm on the PATH/],
    ["a compiler", async () => ({ environment: await programs({ npm }) }), "NO_COMPILER", /apt-get install g\+\+/],
    [
      "the compiler named in CXX",
      async () => ({ environment: { ...(await programs({ npm, "g++": compiler })), CXX: "no-such-compiler" } }),
      "NO_COMPILER",
      /no-such-compiler/,
    ],
    ["the wheel named", () => Promise.resolve({ wheel: "/nowhere.whl" }), "USAGE", /--wheel .* \/nowhere\.whl/],
    [
      "Linux",
      () => Promise.resolve({ machine: { platform: "darwin", arch: "arm64" } }),
      "UNSUPPORTED_PLATFORM",
      /npm install @tensorflow\/tfjs-node/,
    ],
    [
      "glibc",
      () => Promise.resolve({ machine: { platform: "linux", arch: "x64" } }),
      "UNSUPPORTED_PLATFORM",
      /another C library/,
    ],
    [
      "an index that answers",
      async () => ({
        wheel: undefined as never,
        environment: { ...(await programs({ npm, "g++": compiler })), PIP_INDEX_URL: "http://127.0.0.1:9/simple" },
      }),
      "NO_NETWORK",
      /--wheel FILE/,
    ],
    [
      "npm's registry",
      async () => ({
        environment: await programs({
          npm: `[ "$1" = --version ] || { echo "npm error code ENOTFOUND" >&2; exit 1; }`,
          "g++": compiler,
        }),
      }),
      "NO_NETWORK",
      /ENOTFOUND/,
    ],
    [
      "a binding that compiles",
      async () => ({
        environment: await programs({ npm, "g++": `[ "$1" = --version ] || { echo "boom" >&2; exit 1; }` }),
      }),
      "BUILD_FAILED",
      /boom/,
    ],
    [
      "room for the binding",
      async () => ({
        environment: await programs({
          npm,
          "g++": `[ "$1" = --version ] || { echo "fatal error: No space left on device" >&2; exit 1; }`,
        }),
      }),
      "DISK_FULL",
      /No space left/,
    ],
  ])("without %s says so and leaves nothing", async (_, options, code, message) => {
    const attempt = options().then(install);
    await expect(attempt).rejects.toMatchObject({ code });
    await expect(attempt).rejects.toThrow(message);
    expect(await readdir(root).catch(() => [])).toEqual([]);
  });

  it.each([
    ["a wheel of something else", { "numpy-2.0.dist-info/METADATA": "" }, "got other.whl"],
    ["a wheel without the library", { "tensorflow-2.9.0.dist-info/METADATA": "" }, "without libtensorflow_cc.so.2"],
  ])("refuses %s", async (_, files, message) => {
    const other = join(folder, "other.whl");
    await writeFile(other, zipOf(files));
    const attempt = install({ wheel: other });
    await expect(attempt).rejects.toMatchObject({ code: "WHEEL_INVALID" });
    await expect(attempt).rejects.toThrow(message);
    expect(await readdir(root)).toEqual([]);
  });
});

describe("the machine", () => {
  it("decides which wheel fits", () => {
    expect(wheelKindOf("cpu", machine)).toEqual({ project: "tensorflow-cpu", arch: "x86_64", glibc: [2, 36] });
    expect(wheelKindOf("gpu", machine).project).toBe("tensorflow");
    expect(wheelKindOf("cpu", { ...machine, arch: "arm64" })).toMatchObject({ project: "tensorflow", arch: "aarch64" });
    expect(() => wheelKindOf("gpu", { ...machine, arch: "arm64" })).toThrow("Linux on arm64");
  });

  it("must have room", async () => {
    await expect(requireSpace(folder, 1e18)).rejects.toMatchObject({ code: "DISK_FULL" });
    await requireSpace(folder, 1);
  });
});

describe("nativeRoot", () => {
  it.each([
    [{ SGDSCOPE_TENSORFLOW_DIR: "/a", SGDSCOPE_CACHE_DIR: "/b" }, "/a"],
    [{ SGDSCOPE_CACHE_DIR: "/b", XDG_CACHE_HOME: "/c" }, "/b/tensorflow"],
    [{ XDG_CACHE_HOME: "/c" }, "/c/sgdscope/tensorflow"],
  ])("of %j is %s", async (environment, path) => {
    expect(await nativeRoot(environment)).toBe(join(path));
  });

  it("is in the home folder else", async () => {
    expect(await nativeRoot({ XDG_CACHE_HOME: "relative" })).toMatch(/\.cache.sgdscope.tensorflow$/);
  });
});
