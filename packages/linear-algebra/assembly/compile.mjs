// Compiles the kernels to WebAssembly and writes them into the sources:  node assembly/compile.mjs
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import asc from "assemblyscript/asc";

const here = new URL(".", import.meta.url);
export const generatedFile = new URL("../src/kernels/binary.ts", here);

/** The module, for memory that threads share. */
async function compile() {
  let binary;
  const { error, stderr } = await asc.main(
    [
      ...["index.ts", "-o", "kernels.wasm", "-O3", "--noAssert", "--runtime", "stub", "--enable", "simd"],
      ...[
        "--importMemory",
        "--initialMemory",
        "1",
        "--maximumMemory",
        "65536",
        "--enable",
        "threads",
        "--sharedMemory",
      ],
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
  const binary = await compile();
  // The import of the memory: its name, its kind, and whether it is shared with a maximum (3) or has only a maximum (1).
  const name = Buffer.from("memory\x02\x03", "latin1");
  const at = binary.indexOf(name);
  if (at < 0) throw new Error("expected the module to import a shared memory");
  const lines = [
    "// Generated from ../../assembly by `node assembly/compile.mjs`: do not edit.",
    "",
    "/** The kernels in base64, for memory that threads share. */",
    `export const BINARY =\n  "${binary.toString("base64")}";`,
    "",
    "/** The byte that is 3 where the memory is shared and 1 where it is not. */",
    `export const MEMORY_FLAGS = ${at + name.length - 1};`,
  ];
  return `${lines.join("\n")}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  await writeFile(generatedFile, await generatedText());
