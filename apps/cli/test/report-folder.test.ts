import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFigureReport } from "../src/report/folder.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-report-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (figures: Record<string, string | Uint8Array>): Promise<string> =>
  writeFigureReport(folder, figures, { document: { schema: "sgdscope/reproduce@2" }, html: "<p>", indent: 1 });
const names = async (): Promise<string[]> => (await readdir(folder, { recursive: true })).sort();
const reports = ["report.html", "report.json"];

describe("a report written where an earlier one lies", () => {
  it("removes the figures that the earlier one wrote and this one does not have", async () => {
    await write({ "figures/old-edge.svg": "<svg>", "figures/old-edge.png": Uint8Array.of(1, 2), "bound.svg": "<svg>" });
    await write({ "figures/edge.svg": "<svg>", "bound.svg": "<svg>other" });
    expect(await names()).toEqual(["bound.svg", "figures", "figures/edge.svg", ...reports]);
    expect(await readFile(join(folder, "bound.svg"), "utf8")).toBe("<svg>other");
  });

  it("leaves what somebody changed or put there, and what is no figure of ours", async () => {
    await write({ "figures/a.svg": "<svg>", "figures/b.svg": "<svg>" });
    await writeFile(join(folder, "figures/a.svg"), "<svg>mine");
    await writeFile(join(folder, "figures/c.svg"), "<svg>");
    await write({});
    expect(await names()).toEqual(["figures", "figures/a.svg", "figures/c.svg", ...reports]);
  });

  it("follows no path out of the folder, no link, and no report of another program", async () => {
    const outside = await mkdtemp(join(tmpdir(), "sgdscope-outside-"));
    try {
      await writeFile(join(outside, "x.svg"), "<svg>");
      await write({ "x.svg": "<svg>" });
      const report = JSON.parse(await readFile(join(folder, "report.json"), "utf8")) as {
        schema: string;
        figures: { path: string; sha256: string }[];
      };
      const [{ sha256 }] = report.figures as [{ path: string; sha256: string }];
      const told = {
        ...report,
        figures: [`../${outside.split("/").at(-1)!}/x.svg`, join(outside, "x.svg"), "link.svg"],
      };
      await symlink(join(outside, "x.svg"), join(folder, "link.svg"));
      await writeFile(
        join(folder, "report.json"),
        JSON.stringify({ ...told, figures: [...told.figures.map((path) => ({ path, sha256 })), null, 7, {}] }),
      );
      await write({});
      expect(await readdir(outside)).toEqual(["x.svg"]);
      expect(await names()).toEqual(["link.svg", ...reports, "x.svg"]);
      await writeFile(join(folder, "report.json"), JSON.stringify({ ...report, schema: "other" }));
      await write({});
      expect(await names()).toContain("x.svg");
    } finally {
      await rm(outside, { recursive: true, force: true });
    }
  });

  it("is written where no report, or none that can be read, lies", async () => {
    await write({ "a.svg": "<svg>" });
    await writeFile(join(folder, "report.json"), "{");
    await write({ "b.svg": "<svg>" });
    expect(await names()).toEqual(["a.svg", "b.svg", ...reports]);
  });
});
