import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { locateNative } from "../../src/native/folder.js";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sgdscope-native-folder-"));
  await mkdir(join(root, "cpu"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const installed = { tensorflow: "2.21.0", tfjs: "4.22.0", wheel: "tensorflow.whl", sha256: "a".repeat(64) };
const located = async (content: unknown) => {
  await writeFile(join(root, "cpu", "installed.json"), typeof content === "string" ? content : JSON.stringify(content));
  return locateNative("cpu", root);
};

describe("what an installed TensorFlow says of itself", () => {
  it("is taken where it is whole", async () => {
    expect((await located(installed))?.installed).toEqual(installed);
  });

  it.each([
    ["torn", '{"tensorflow":"2.2'],
    ["null", "null"],
    ["a list", "[]"],
    ["without a version", { ...installed, tensorflow: undefined }],
    ["with a version that is a number", { ...installed, tfjs: 4 }],
    ["with a checksum that is none", { ...installed, sha256: "abc" }],
  ])("counts as none that was finished where it is %s", async (_, content) => {
    expect(await located(content)).toBeUndefined();
  });
});
