import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { printable, withoutSecrets } from "../src/terminal/print.js";
import { progressOn } from "../src/terminal/progress.js";
import { sgdscope } from "./support.js";

// eslint-disable-next-line no-control-regex
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
/** A name that clears the screen, sets the title, and turns the direction of writing. */
const evil = "e\u001b[2J\u001b]0;t\u0007\u009b31m\u202evil";

/** Has nothing, and so ends every download at once. */
const server = createServer((_, response) => void response.writeHead(404).end());
let folder: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  folder = await mkdtemp(join(tmpdir(), "sgdscope-printing-"));
  await mkdir(join(folder, evil));
  for (const [name, text] of [
    ["K.json", "[[2, 0.5], [0.5, 1]]"],
    ["r.json", "[0.1, -0.2]"],
  ] as const)
    await writeFile(join(folder, evil, name), text);
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const at = (...names: string[]): string => join(folder, ...names);
const minimum = (): string[] => ["--gram", at(evil, "K.json"), "--residuals", at(evil, "r.json")];

describe("no path or label steers a terminal", () => {
  it.each<[string, () => string[]]>([
    ["words", () => ["analyze", ...minimum(), "--batch-size", "1"]],
    ["JSON", () => ["analyze", ...minimum(), "--batch-size", "1", "--json"]],
    ["a comparison", () => ["compare", ...minimum(), "--batch-size", "1"]],
    ["a missing file", () => ["compare", "--gram", at(evil, "none.npy")]],
    ["an unknown option", () => ["compare", `--${evil}`]],
    ["a refused value", () => ["analyze", ...minimum(), "--batch-size", evil]],
    ["a claim that is none", () => ["reproduce", evil]],
    ["a plan that is not there", () => ["sweep", "status", at(evil)]],
    [
      "a report",
      () => ["diagram", ...minimum(), "--learning-rates", "0.1,1,2", "--batch-size", "1", "--out", at(evil, "out")],
    ],
  ])("in %s", async (_, argv) => {
    const { stdout, stderr } = await sgdscope(...argv());
    expect(stdout + stderr).not.toBe("");
    expect(stdout).not.toMatch(steering);
    expect(stderr).not.toMatch(steering);
  });

  it("nor a page, whose figures stay well-formed", async () => {
    for (const name of ["diagram.html", "diagram.svg"])
      expect(await readFile(at(evil, "out", name), "utf8")).not.toMatch(steering);
  });

  it("nor progress", () => {
    let text = "";
    const progress = progressOn({ write: (part) => (text += part), isTTY: true }, false, () => 1000);
    progress.update(0.5, evil);
    progress.note(`${evil} https://u:p@host/?key=1`);
    // Its own redrawing aside.
    expect(text.replaceAll("\r\u001b[2K", "")).not.toMatch(steering);
    expect(text).not.toContain("u:p@");
  });

  it("and what is shown still tells which", () => {
    expect(printable("a\u001bb\tc\n")).toBe("a\\u001bb\tc\n");
    expect(printable("η* = 0.5 ± 0.1 ─ ½Σ‖r‖²")).toBe("η* = 0.5 ± 0.1 ─ ½Σ‖r‖²");
  });
});

describe("what only its owner may read is not printed", () => {
  it.each([
    ["https://user:pw@host/x?token=abc#part", "https://host/x?…#part"],
    ["at redis://:pw@host:6379/0: refused", "at redis://host:6379/0: refused"],
    ["http://host/a?b (see https://other/c)", "http://host/a?… (see https://other/c)"],
    ["a/b@c and n = 3?", "a/b@c and n = 3?"],
  ])("%s", (text, shown) => expect(withoutSecrets(text)).toBe(shown));

  it.each<[string, string[]]>([
    ["a server", ["sweep", "run", "PLAN", "-j", "1", "--redis", "redis://user:hunter2@localhost:1/0?token=hunter2"]],
    ["a mirror", ["data", "download", "--url", "http://user:hunter2@SERVER/x?token=hunter2", "--directory", "NEW"]],
    ["no address at all", ["data", "download", "--url", "ftp://user:hunter2@localhost/x", "--directory", "NEW"]],
    ["an option that is none", ["compare", "--url=https://user:hunter2@host/"]],
  ])("of %s", { timeout: 60_000 }, async (_, argv) => {
    await writeFile(
      at("grid.yaml"),
      "base: {data: {kind: synthetic, count: 4}, model: {kind: fully-connected}, learningRate: 0.1, batchSize: 1}",
    );
    await sgdscope("sweep", "plan", at("grid.yaml"), "--out", at("sweep"));
    const { port } = server.address() as AddressInfo;
    const places: Record<string, string> = { PLAN: at("sweep"), NEW: at("new") };
    const { exitCode, stdout, stderr } = await sgdscope(
      ...argv.map((word) => (places[word] ?? word).replace("SERVER", `127.0.0.1:${port}`)),
    );
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/^error: /m);
    expect(stdout + stderr).not.toContain("hunter2");
  });
});

describe("an option that is missing because it was misspelt", () => {
  it.each<[string[], string]>([
    [
      ["train", "--learning-rat", "0.1", "--batch-size", "1"],
      "unknown option '--learning-rat'\n(Did you mean --learning-rate?)",
    ],
    [
      ["train", "--learning-rate", "0.1", "--batchsize=1"],
      "unknown option '--batchsize'\n(Did you mean --batch-size?)",
    ],
    [["analyze", "--gram", "K", "--residuals", "r", "--batch-sizes", "1"], "(Did you mean --batch-size?)"],
    [["export", "x", "--tp", "csv"], "(Did you mean --to?)"],
    [["train", "--batch-size", "1"], "required option '--learning-rate <η>' not specified\n"],
    [["train", "--batch-size", "1", "--frobnicate"], "not specified, unknown option '--frobnicate'"],
  ])("%j", async (argv, message) => {
    const { exitCode, stderr } = await sgdscope(...argv);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });
});
