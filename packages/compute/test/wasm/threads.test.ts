import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { prepareBackend } from "@sgdscope/compute";
import { createAssembler, i32 } from "../../src/wasm/assembler.js";
import { CONTRACTION_ORDER, defineContract, PRODUCT_ORDER, type Contraction } from "../../src/wasm/program/contract.js";
import { defineLayout } from "../../src/wasm/program/layout.js";
import { dividedContraction, dividedProduct, runsOf } from "../../src/wasm/threads/divide.js";
import { withSharedMemory } from "../../src/wasm/threads/shared-memory.js";
import { startTeam, type Team } from "../../src/wasm/threads/team.js";

type Functions = Record<string, (...values: number[]) => void>;

/** The program with a shared memory of its own, and what it computes in it. */
async function program(pages = 256) {
  const asm = createAssembler();
  defineLayout(asm);
  defineContract(asm, false);
  asm.define("store", ["at", "value"], (f, p) =>
    f.store(p.at, { ...p.value, code: [...p.value.code, 0xbe], type: "f32" }),
  );
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true });
  const { module, instance } = await WebAssembly.instantiate(asm.assemble({ sharedMemory: true }), { env: { memory } });
  return { module, memory, functions: instance.exports as Functions, floats: new Float32Array(memory.buffer) };
}

/** Whether two results have the same bits. */
const sameBits = (a: Float32Array, b: Float32Array): boolean =>
  Buffer.compare(Buffer.from(a.buffer), Buffer.from(b.buffer)) === 0;

/** Fills [from, from + count) with reproducible numbers. */
function fill(floats: Float32Array, from: number, count: number): void {
  for (let k = 0; k < count; k++) floats[from + k] = Math.sin(1 + k * 12.9898);
}

describe("division among threads", () => {
  it("cuts into runs that follow each other, none empty, at multiples of the unit", () => {
    fc.assert(
      fc.property(
        fc.nat(500).map((n) => n + 1),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 16 }),
        (count, parts, unit) => {
          let end = 0;
          const runs = runsOf(count, parts, unit);
          for (const [start, length] of runs) {
            expect(start).toBe(end);
            expect(start % unit).toBe(0);
            expect(length).toBeGreaterThan(0);
            end += length;
          }
          expect(end).toBe(count);
          expect(runs.length).toBeLessThanOrEqual(parts);
        },
      ),
    );
  });

  it("does not change a bit of a product of matrices", async () => {
    const { functions, floats } = await program();
    const [a, b, packed] = [0, 1 << 19, 1 << 21];
    fill(floats, a, 1 << 19);
    fill(floats, b, 1 << 19);
    const c = (1 << 21) + (1 << 16);
    const size = fc.integer({ min: 1, max: 500 });
    fc.assert(
      fc.property(size, size, size, fc.integer({ min: 2, max: 5 }), (rows, columns, depth, threads) => {
        const product = { a: 4 * a, aRow: 4 * depth, aDepth: 4, b: 4 * b, c: 4 * c, rowBytes: 4 * columns };
        const whole = { ...product, rows, columns, depth, packed: 4 * packed };
        const run = (parts: (typeof whole)[]): Float32Array => {
          floats.fill(0, c, c + rows * columns);
          for (const part of parts) functions["multiply"]!(...PRODUCT_ORDER.map((name) => part[name]));
          return floats.slice(c, c + rows * columns);
        };
        const parts = dividedProduct(whole, threads);
        expect(parts.length > 1).toBe(2 * rows * columns * depth >= 4e6 && (rows > 8 || columns > 16));
        expect(sameBits(run(parts), run([whole]))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ["a convolution: over images", { outer1: 7, outer2: 16, rows: 16, columns: 20 }, {}],
    ["one image: over rows of it", { outer1: 1, outer2: 33, rows: 40, columns: 20 }, {}],
    ["the gradient of a kernel: over columns", { outer1: 1, outer2: 1, rows: 9, columns: 160 }, { cOuter1: 0 }],
    ["the same: over rows", { outer1: 1, outer2: 1, rows: 160, columns: 9 }, { cOuter1: 0, cOuter2: 0 }],
  ])("does not change a bit of %s", async (_, extent, target) => {
    const { functions, floats } = await program();
    fill(floats, 0, 1 << 20);
    const c = 1 << 21;
    const { rows, columns, outer1, outer2 } = extent;
    const whole: Contraction = {
      ...{ a: 0, aOuter1: 4 * 5000, aOuter2: 4 * 90, aRow: 4 * 3 },
      ...{ count1: 6, stride1: 4 * 1000, count2: 5, stride2: 4 * 70, count3: 60, stride3: 4 },
      ...{ b: 4 << 19, bOuter1: 0, bOuter2: 0, bRow: 4 * columns, bPanel: 32 },
      ...{ c: 4 * c, cOuter1: 4 * outer2 * rows * columns, cOuter2: 4 * rows * columns, cRow: 4 * columns, ...target },
      ...{ ...extent, accumulate: 1 },
    };
    const run = (parts: Contraction[]): Float32Array => {
      fill(floats, c, outer1 * outer2 * rows * columns);
      for (const part of parts) functions["contract"]!(...CONTRACTION_ORDER.map((name) => part[name]));
      return floats.slice(c, c + outer1 * outer2 * rows * columns);
    };
    const alone = run([whole]);
    for (const threads of [2, 3, 4]) {
      const parts = dividedContraction(whole, threads);
      expect(parts.length).toBeGreaterThan(1);
      expect(sameBits(run(parts), alone)).toBe(true);
    }
  });
});

describe("a team of threads", () => {
  const untilReady = async (team: Team, threads: number): Promise<void> => {
    while (team.size() < threads) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  it("computes each call on a thread of its own in one memory, again and again", async () => {
    const { module, memory, functions, floats } = await program();
    const team = await startTeam(module, memory, functions, 3);
    expect(team.threads).toBe(3);
    await untilReady(team, 3);
    fill(floats, 0, 1 << 16);
    for (let round = 1; round <= 300; round++) {
      const to = [1, 2, 3].map((k) => 4 * (k << 16));
      team.run(
        "transpose",
        to.map((at, k) => [4 * 100 * k, at, 1, 30 + (round % 7), 50]),
      ); // rows, columns
      to.forEach((at, k) => {
        for (const [i, j] of [
          [0, 0],
          [29, 49],
          [3, 17],
        ] as const)
          expect(floats[at / 4 + j * (30 + (round % 7)) + i]).toBe(floats[100 * k + i * 50 + j]);
      });
      if (round % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 20)); // helpers fall asleep
    }
  });

  it("says so when a helper traps, and goes on", async () => {
    const { module, memory, functions, floats } = await program(1);
    const team = await startTeam(module, memory, functions, 2);
    await untilReady(team, 2);
    const beyond = memory.buffer.byteLength + 64;
    expect(() =>
      team.run("store", [
        [0, 1],
        [beyond, 1],
      ]),
    ).toThrow(expect.objectContaining({ code: "BACKEND_FAILED", message: expect.stringContaining("store") as string }));
    team.run("store", [
      [4, 0x3f800000],
      [8, 0x40000000],
    ]);
    expect([floats[1], floats[2]]).toEqual([1, 2]);
  });
});

describe("shared memory", () => {
  it("is one bit of TensorFlow.js' module", async () => {
    const path = createRequire(import.meta.url).resolve(
      "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
    );
    const binary = await readFile(path);
    const shared = withSharedMemory(binary)!;
    expect(WebAssembly.validate(shared as Uint8Array<ArrayBuffer>)).toBe(true);
    const changed = [...shared.keys()].filter((at) => shared[at] !== binary[at]);
    expect(changed).toHaveLength(1);
    expect(shared[changed[0]!]! ^ binary[changed[0]!]!).toBe(2);
  });

  it("is not to be had of a module that imports its memory, or has none with a maximum", () => {
    const asm = createAssembler();
    asm.define("nothing", ["a"], (f, p) => f.set(p.a, i32.add(p.a, 1)));
    expect(withSharedMemory(asm.assemble())).toBeUndefined();
    const withoutMaximum = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 3, 1, 0, 1);
    expect(WebAssembly.validate(withoutMaximum)).toBe(true);
    expect(withSharedMemory(withoutMaximum)).toBeUndefined();
  });
});

describe("threads of the wasm backend", () => {
  const script = `
    import * as tf from "@tensorflow/tfjs-core";
    import { createHash } from "node:crypto";
    import { prepareBackend } from "@sgdscope/compute";
    const { threads } = await prepareBackend("wasm");
    await new Promise((resolve) => setTimeout(resolve, 300)); // helpers start
    const wave = (shape) => tf.reshape(tf.sin(tf.range(0, shape.reduce((a, b) => a * b), 1)), shape);
    const hash = createHash("sha256");
    const loss = (x, k, w) => {
      const y = tf.avgPool(tf.relu(tf.conv2d(x, k, 1, "same")), 2, 2, "same");
      return tf.sum(tf.square(tf.matMul(tf.reshape(y, [32, -1]), w)));
    };
    for (const each of tf.grads(loss)([wave([32, 20, 20, 12]), wave([3, 3, 12, 24]), wave([2400, 40])]))
      hash.update(new Uint8Array((await each.data()).buffer));
    console.log(JSON.stringify({ threads, bits: hash.digest("hex") }));
  `;
  const run = async (threads: string): Promise<{ threads: number; bits: string }> => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--conditions=sgdscope-source", "--import", "tsx", "--input-type=module", "--eval", script],
      { cwd: new URL("../..", import.meta.url), env: { ...process.env, SGDSCOPE_THREADS: threads } },
    );
    return JSON.parse(stdout) as { threads: number; bits: string };
  };

  it("are as many as the environment says, and change no bit of a gradient", async () => {
    const [one, three] = await Promise.all([run("1"), run("3")]);
    expect(one.threads).toBe(1);
    expect(three.threads).toBe(3);
    expect(three.bits).toBe(one.bits);
  }, 60_000);

  it("are refused if they are no number of threads", async () => {
    for (const threads of [0, 1.5, NaN])
      await expect(prepareBackend("wasm", { threads })).rejects.toThrow(
        expect.objectContaining({
          code: "INVALID_ARGUMENT",
          message: expect.stringContaining("options.threads") as string,
        }),
      );
  });
});
