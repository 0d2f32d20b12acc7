import { afterEach, describe, expect, it } from "vitest";
import { type Contender, ContenderError, start } from "../src/side-by-side/contender.js";

/** A contender of one line: answers loads, fails at "broken", dies at "deadly", is silent at "slow". */
const SCRIPT = `
  const lines = require("node:readline").createInterface({ input: process.stdin });
  const say = (answer) => console.log(JSON.stringify(answer));
  lines.on("line", (line) => {
    const request = JSON.parse(line);
    console.log("a remark of a library");
    if (request.do === "load") return say({ workloads: ["fine"], versions: {}, threads: 1 });
    if (request.workload === "broken") return say({ error: "TypeError: no such thing" });
    if (request.workload === "deadly") { console.error("Error: out of memory"); process.exit(3); }
    if (request.workload === "fine") say({ seconds: request.options.seed, processorSeconds: 1, peakMiB: 1 });
  });
`;

let contender: Contender;
const launch = (patience = 20): Contender =>
  (contender = start({ command: process.execPath, args: ["-e", SCRIPT], env: {} }, patience));
afterEach(() => contender.stop());

describe("a contender", () => {
  it("answers in JSON lines, whatever else its libraries print", async () => {
    const { load, run } = launch();
    expect(await load("somewhere")).toEqual({ workloads: ["fine"], versions: {}, threads: 1 });
    expect((await run("fine", { seed: 4 })).seconds).toBe(4);
  });

  it("goes on after an error, which says what it could not do", async () => {
    const { run } = launch();
    await expect(run("broken", {})).rejects.toThrow(new ContenderError("TypeError: no such thing"));
    expect((await run("fine", { seed: 2 })).seconds).toBe(2);
  });

  it("reports its last words when it dies, and stays dead", async () => {
    const { run } = launch();
    await expect(run("deadly", {})).rejects.toThrow("the process ended with 3: Error: out of memory");
    await expect(run("fine", {})).rejects.toThrow("the process ended with 3");
  });

  it("is given up when it does not answer in time", async () => {
    await expect(launch(1).run("slow", {})).rejects.toThrow("no answer within 1 s");
  });

  it("that cannot be started says why", async () => {
    contender = start({ command: "/nowhere/python", args: [], env: {} }, 5);
    await expect(contender.load("somewhere")).rejects.toThrow("ENOENT");
  });
});
