import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";

it("the kernels in the package are those of their source", async () => {
  // Plain JavaScript, because the compiler of AssemblyScript has no types.
  const { generatedFile, generatedText } = (await import(
    new URL("../../assembly/compile.mjs", import.meta.url).href
  )) as {
    generatedFile: URL;
    generatedText: () => Promise<string>;
  };
  expect(await readFile(generatedFile, "utf8")).toBe(await generatedText());
});
