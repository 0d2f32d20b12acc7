// Compiles the kernels to WebAssembly and writes them into the sources:  node assembly/compile.mjs
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import asc from "assemblyscript/asc";

const here = new URL(".", import.meta.url);
export const generatedFile = new URL("../src/kernels/binary.ts", here);

const FEATURES = ["simd", "threads"];

/** The module, for memory that threads share; with fused multiplications where `features` has relaxed SIMD. */
async function compile(features) {
  let binary;
  const { error, stderr } = await asc.main(
    [
      ...["index.ts", "-o", "kernels.wasm", "-O3", "--noAssert", "--runtime", "stub"],
      ...features.flatMap((feature) => ["--enable", feature]),
      ...["--importMemory", "--initialMemory", "1", "--maximumMemory", "65536", "--sharedMemory"],
    ],
    {
      readFile: (name, folder) => readFile(fileURLToPath(new URL(`${folder}/${name}`, here)), "utf8").catch(() => null),
      writeFile: (name, contents) => void (name.endsWith(".wasm") && (binary = contents)),
      listFiles: () => [],
    },
  );
  if (error !== null) throw new Error(`asc: ${error.message}\n${stderr.toString()}`);
  return Buffer.from(binary);
}

/** The text of the generated file. */
export async function generatedText() {
  const [plain, fused] = [await compile(FEATURES), await compile([...FEATURES, "relaxed-simd"])];
  // The import of the memory: its name, its kind, and whether it is shared with a maximum (3) or has only a maximum (1).
  const name = Buffer.from("memory\x02\x03", "latin1");
  const flagsOf = (binary) => {
    const at = binary.indexOf(name);
    if (at < 0) throw new Error("expected the module to import a shared memory");
    return at + name.length - 1;
  };
  const lines = [
    "// Generated from ../../assembly by `node assembly/compile.mjs`: do not edit.",
    "",
    "/** The kernels in base64, for memory that threads share; `flags` is the byte that is 3 where the memory is shared and 1 where it is not. */",
    ...[
      ["PLAIN", plain],
      ["FUSED", fused],
    ].map(
      ([name, binary]) =>
        `export const ${name} = {\n  flags: ${flagsOf(binary)},\n  base64:\n    "${binary.toString("base64")}",\n};`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  await writeFile(generatedFile, await generatedText());
