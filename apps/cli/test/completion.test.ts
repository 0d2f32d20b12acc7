import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { program } from "../src/program.js";
import { sgdscope } from "./support.js";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "sgdscope-completion-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const shells = ["bash", "zsh", "fish"] as const;
const scriptOf = async (shell: string): Promise<string> => {
  const { exitCode, stdout, stderr } = await sgdscope("completion", shell);
  expect([exitCode, stderr]).toEqual([0, ""]);
  return stdout;
};
const has = (shell: string): boolean => spawnSync(shell, ["--version"]).error === undefined;

/** Every command with its path, and what its help lists. */
function everything(command: Command, path: string[] = []): { path: string[]; options: string[] }[] {
  const help = command.createHelp();
  const below = help.visibleCommands(command).filter((each) => each.name() !== "help");
  const options = help.visibleOptions(command).map(({ long }) => long!);
  return [{ path, options }, ...below.flatMap((each) => everything(each, [...path, each.name()]))];
}

/** What bash offers at the end of a line. */
function offered(script: string, line: string[]): string[] {
  const words = line.map((word) => `'${word}'`).join(" ");
  const ask = `${script}\nCOMP_WORDS=(${words}); COMP_CWORD=${line.length - 1}; _sgdscope; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", ask], { encoding: "utf8" })
    .split("\n")
    .filter((word) => word !== "");
}

describe("the completion script", () => {
  it.each(shells)("of %s names every command and every option, and no hidden one", async (shell) => {
    const script = await scriptOf(shell);
    const all = everything(program());
    expect(all.length).toBeGreaterThan(15);
    const named = (word: string): boolean =>
      new RegExp(`(?<![\\w-])${shell === "fish" ? word.replace(/^--/, "-l ") : word}(?![\\w-])`).test(script);
    for (const { path, options } of all)
      for (const word of [...path, ...options]) expect(named(word), `${path.join(" ")} ${word}`).toBe(true);
    expect(named("exit-codes")).toBe(false);
  });

  it.for(shells)("of %s is accepted by its shell, where that is installed", async (shell, { skip }) => {
    skip(shell !== "bash" && !has(shell), `${shell} is not installed`);
    const place = join(folder, `script.${shell}`);
    await writeFile(place, await scriptOf(shell));
    const { status, stderr } = spawnSync(shell, ["-n", place], { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });

  it("offers in bash what each command takes: itself, its options, and choices after an option", async () => {
    const script = await scriptOf("bash");
    expect(offered(script, ["sgdscope", "an"])).toEqual(["analyze"]);
    expect(offered(script, ["sgdscope", "sweep", "ru"])).toEqual(["run"]);
    expect(offered(script, ["sgdscope", "train", "--learn"])).toEqual(["--learning-rate"]);
    expect(offered(script, ["sgdscope", "train", "--sampling", "be"])).toEqual(["bernoulli"]);
    expect(offered(script, ["sgdscope", "completion", ""])).toEqual(expect.arrayContaining([...shells]));
    // Files, by the shell itself.
    expect(offered(script, ["sgdscope", "analyze", "--gram", ""])).toEqual([]);
    for (const { path, options } of everything(program()))
      expect(offered(script, ["sgdscope", ...path, "--"]), path.join(" ")).toEqual(options);
  }, 60_000);

  it("refuses other shells", async () => {
    const { exitCode, stderr } = await sgdscope("completion", "tcsh");
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("Allowed choices are bash, zsh, fish")]);
  });
});
