import { parseNpz } from "@sgdscope/array-files";
import { DuckDBInstance } from "@duckdb/node-api";
import { parquetReadObjects } from "hyparquet";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatCsv, formatParquet, formatTableNpz, tableOf } from "../src/index.js";

const rows = [
  { run: "a", step: 0, loss: 0.1 + 0.2, ok: true, note: 'said "no", twice', minimum: { trace: 1e-300 } },
  { run: "β", step: 500, loss: NaN, ok: false, note: "two\nlines", minimum: { trace: -0 } },
  { run: "", step: 2 ** 52, loss: Infinity, note: null, minimum: null, widths: [64, 64] },
];
const table = tableOf(rows);

describe("tableOf", () => {
  it("names nested values with dots and keeps the order of first appearance", () => {
    expect(table.map(({ name, type }) => [name, type])).toEqual([
      ["run", "text"],
      ["step", "number"],
      ["loss", "number"],
      ["ok", "boolean"],
      ["note", "text"],
      ["minimum.trace", "number"],
      ["minimum", "text"],
      ["widths", "text"],
    ]);
    expect(table.at(-1)!.values).toEqual([null, null, "[64,64]"]);
  });

  it("makes text of a column with values of several types", () => {
    expect(tableOf([{ batch: 4 }, { batch: "all" }, {}])).toEqual([
      { name: "batch", type: "text", values: ["4", "all", null] },
    ]);
  });

  it("puts the columns asked for first, also of no rows", () => {
    expect(tableOf([], ["run"])).toEqual([{ name: "run", type: "text", values: [] }]);
  });
});

describe("formatCsv", () => {
  it("is RFC 4180: CRLF, quotes where needed and doubled, empty for nothing", () => {
    expect(formatCsv(table)).toBe(
      "run,step,loss,ok,note,minimum.trace,minimum,widths\r\n" +
        'a,0,0.30000000000000004,true,"said ""no"", twice",1e-300,,\r\n' +
        'β,500,NaN,false,"two\nlines",0,,\r\n' +
        '"",4503599627370496,Infinity,,,,,"[64,64]"\r\n',
    );
  });

  it("is read back by an independent reader", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sgdscope-csv-"));
    await writeFile(join(folder, "t.csv"), formatCsv(table));
    expect(await duck(`select run, step, note from read_csv('${folder}/t.csv', header = true)`)).toEqual(
      rows.map(({ run, step, note }) => [run === "" ? null : run, BigInt(step), note]), // DuckDB reads "" as null,
    );
    await rm(folder, { recursive: true });
  });
});

describe("formatParquet", () => {
  const bytes = formatParquet(table);
  const steps = rows.map(({ step }) => BigInt(step));

  it("is read back by hyparquet, every bit of every number", async () => {
    const found = await parquetReadObjects({ file: bytes.buffer });
    expect(found).toHaveLength(3);
    for (const { name, values } of table) {
      const read = found.map((row) => row[name] as unknown);
      expect(read.map((value) => value ?? null)).toEqual(name === "step" ? steps : values);
    }
    expect(Object.is(found[1]!["minimum.trace"], -0)).toBe(true);
  });

  it("is read back by DuckDB", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sgdscope-parquet-"));
    await writeFile(join(folder, "t.parquet"), bytes);
    expect(await duck(`select * from '${folder}/t.parquet'`)).toEqual(
      rows.map((_, i) => table.map(({ name, values }) => (name === "step" ? steps[i] : values[i]))),
    );
    await rm(folder, { recursive: true });
  });

  it("keeps whole numbers whole, gaps among them; what is not exact or has a sign of zero stays a double", async () => {
    const mixed = tableOf([
      { whole: -(2 ** 53 - 1), zero: -0, large: 2 ** 53, half: 1 },
      { zero: 1, large: 1, half: 0.5 },
    ]);
    const [first, second] = await parquetReadObjects({ file: formatParquet(mixed).buffer });
    expect(first).toEqual({ whole: -9007199254740991n, zero: -0, large: 2 ** 53, half: 1 });
    expect(second!["whole"] ?? null).toBe(null);
    const arrays = parseNpz(formatTableNpz(mixed));
    expect(arrays["whole"]!.data).toEqual(Float64Array.of(-(2 ** 53 - 1), NaN));
    expect(arrays["large"]!.data).toEqual(Float64Array.of(2 ** 53, 1));
  });

  it("refuses a table without columns", () => {
    expect(() => formatParquet([])).toThrow("formatParquet: expected at least one column, got none");
  });

  it("holds many rows", async () => {
    const many = tableOf(
      Array.from({ length: 5000 }, (_, step) => ({ run: `run-${step % 7}`, step, loss: 1 / (1 + step) })),
    );
    const found = await parquetReadObjects({ file: formatParquet(many).buffer });
    expect(found).toHaveLength(5000);
    expect(found[4999]).toEqual({ run: "run-1", step: 4999n, loss: 1 / 5000 });
  });
});

describe("formatTableNpz", () => {
  it("has an array a column: numbers with NaN, booleans with 255, text as padded bytes", () => {
    const arrays = parseNpz(formatTableNpz(table));
    expect(Object.keys(arrays)).toEqual(table.map(({ name }) => name));
    expect(arrays["step"]!.data).toEqual(BigInt64Array.of(0n, 500n, 2n ** 52n));
    expect(arrays["loss"]!.data).toEqual(Float64Array.of(0.1 + 0.2, NaN, Infinity));
    expect(arrays["ok"]!.data).toEqual(Uint8Array.of(1, 0, 255));
    expect(arrays["run"]!.shape).toEqual([3, 2]);
    expect(new TextDecoder().decode(arrays["run"]!.data.subarray(0, 4) as Uint8Array)).toBe("a\0β");
  });
});

async function duck(sql: string): Promise<unknown[][]> {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  return (await connection.runAndReadAll(sql)).getRowsJS();
}
