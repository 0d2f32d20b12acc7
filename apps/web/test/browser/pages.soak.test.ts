import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatJson } from "@sgdscope/array-files";
import { claims, runClaim, type Finished } from "@sgdscope/experiments";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build } from "vite";
import { prepareBackend } from "../../../../packages/compute/src/index.js";
import { findChromium } from "../../../../packages/testing/test/browser/chromium.js";
import { boundDocument } from "../../../cli/src/quickstart/text.js";
import { planOf } from "../../src/claims/plan.js";
import { settings } from "../claims/settings.js";
import { launch, serve } from "./pages.js";

const chromium = findChromium();
if (chromium === undefined)
  console.warn(
    "pages.soak.test.ts skips: no chromium, chromium-browser or google-chrome on PATH, and CHROMIUM is not set.",
  );

describe.skipIf(chromium === undefined)("in Chromium", () => {
  let folder: string;
  let url: string;
  let server: Server;
  let browser: Browser;
  let axe: string;
  const reports = { claims: "", quickstart: "", nothing: "" };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pages-"));
    const root = fileURLToPath(new URL("../..", import.meta.url));
    await build({ root, logLevel: "silent", build: { outDir: folder, emptyOutDir: true } });
    ({ url, server } = await serve(folder));
    browser = await launch(chromium!);
    axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    Object.assign(reports, await reportsOfEveryClaim());
  }, 300_000);

  afterAll(async () => {
    await browser.close();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  interface How {
    width?: number;
    colorScheme?: "light" | "dark";
    broken?: boolean;
  }

  /** A page of its own, at a width and in a scheme. */
  async function open(
    name: "index" | "claims",
    { width = 1280, colorScheme = "light", broken = false }: How = {},
  ): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    if (broken) await page.route(/worker-.*\.js/, (route) => route.fulfill({ status: 404 }));
    await page.goto(`${url}/${name}.html`);
    return page;
  }

  async function openReport(page: Page, text: string, name = "report.json"): Promise<void> {
    await page.setInputFiles("input[type=file]", { name, mimeType: "application/json", buffer: Buffer.from(text) });
    await page.waitForSelector(".outcome, .failure:not(:empty)");
  }

  /** With results on it and everything unfolded. */
  async function filled(name: "index" | "claims", how: How = {}): Promise<Page> {
    const page = await open(name, how);
    if (name === "claims") await openReport(page, reports.claims);
    else await page.waitForFunction(() => Number(document.querySelector(".status b")?.textContent) > 300);
    await page.evaluate(() => document.querySelectorAll("details").forEach((each) => (each.open = true)));
    return page;
  }

  describe.each(["index", "claims"] as const)("%s.html", (name) => {
    it.each(["light", "dark"] as const)("with results shows axe nothing to say, %s", async (colorScheme) => {
      const page = await filled(name, { colorScheme });
      if (name === "claims") expect(await page.locator(".drawing svg").count()).toBeGreaterThan(15);
      await page.evaluate(axe);
      const { violations, passes } = await page.evaluate<AxeResults>("axe.run(document)");
      const found = violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`,
      );
      expect(found).toEqual([]);
      expect(passes.length).toBeGreaterThan(10);
      await page.close();
    });

    it("at 360 pixels scrolls nothing but its tables, and cuts no text of a figure nor puts one on another", async () => {
      const page = await filled(name, { width: 360 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      const collisions = await page.evaluate(() =>
        [...document.querySelectorAll(".drawing")].flatMap((drawing) => {
          const title = drawing.querySelector("h3")?.textContent ?? "";
          const texts = [...drawing.querySelectorAll("svg text")]
            .filter(({ textContent }) => textContent.trim() !== "")
            .map((text) => ({ what: text.textContent, box: text.getBoundingClientRect() }));
          const cut = texts.filter(({ box }) => box.left < 0 || box.right > innerWidth);
          const over = texts.flatMap(({ what, box }, k) =>
            texts
              .slice(k + 1)
              .filter(
                (other) =>
                  Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left) > 2 &&
                  Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top) > 4,
              )
              .map((other) => `${title}: "${what}" on "${other.what}"`),
          );
          return [...cut.map(({ what }) => `${title}: "${what}" is cut`), ...over];
        }),
      );
      expect(collisions).toEqual([]);
      await page.close();
    });

    it("says within a second that its worker cannot be loaded", async () => {
      const page = await open(name, { broken: true });
      await page.waitForFunction(
        () => document.querySelector(".trouble:not(:empty)")?.textContent.includes("could not be loaded"),
        undefined,
        { timeout: 1000 },
      );
      await page.close();
    });
  });

  it("opens what quickstart writes as the claim bound", async () => {
    const page = await open("claims");
    await openReport(page, reports.quickstart);
    expect(await page.locator("#bound .outcome .note").first().textContent()).toContain(
      "From report.json: made by sgdscope quickstart --data synthetic.",
    );
    expect(await page.locator("#bound .drawing").count()).toBeGreaterThan(2);
    expect(await page.locator("#bound caption").first().textContent()).toMatch(/^Judged: \d of 3 hold/);
    await page.close();
  });

  /** Drops files on the page as a hand would. */
  const drop = (page: Page, files: Record<string, string>): Promise<void> =>
    page.evaluate((given) => {
      const dataTransfer = new DataTransfer();
      for (const [name, text] of Object.entries(given))
        dataTransfer.items.add(new File([text], name, { type: "application/json" }));
      dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    }, files);

  it("opens a report that is dropped on the first page on the page of claims, once", async () => {
    const page = await open("index");
    await drop(page, { "mine.json": reports.quickstart });
    await page.waitForURL(/claims\.html/);
    await page.waitForSelector(".outcome");
    expect(await page.locator("#bound .outcome .note").first().textContent()).toContain("From mine.json: ");
    expect(page.url()).not.toContain("#opened");
    await page.reload();
    await page.waitForSelector(".contents");
    expect(await page.locator(".outcome").count()).toBe(0);
    await page.goto("about:blank");
    await page.goto(`${url}/claims.html#opened`);
    await page.waitForSelector(".failure:not(:empty)");
    expect(await page.locator(".failure:not(:empty)").first().textContent()).toContain("did not arrive");
    await page.close();
  });

  it("says on the first page why it takes two files at once nowhere", async () => {
    const page = await open("index");
    await drop(page, { "a.json": "{}", "b.json": "{}" });
    await page.waitForSelector(".trouble:not(:empty)");
    expect(await page.locator(".trouble:not(:empty)").textContent()).toContain("expected one file, got 2");
    expect(page.url()).toContain("index.html");
    await page.close();
  });

  it("shows no agreement with a report whose numbers are all null", async () => {
    const page = await open("claims");
    await openReport(page, reports.nothing);
    expect(await page.locator(".outcome").count()).toBe(claims.length);
    expect(await page.locator("td.missed").count()).toBeGreaterThan(20);
    expect(await page.locator("td.holds").count()).toBe(0);
    await page.close();
  });

  it("opens a file that is dropped anywhere, and says why another is not opened", async () => {
    const page = await open("claims");
    const drop = async (text: string): Promise<void> => {
      const data = await page.evaluateHandle((content) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([content], "dropped.json"));
        return transfer;
      }, text);
      await page.dispatchEvent("footer, body", "dragover", { dataTransfer: data });
      await page.waitForSelector(".drop");
      await page.dispatchEvent("footer, body", "drop", { dataTransfer: data });
      await page.waitForSelector(".drop", { state: "detached" });
    };
    await drop("no report");
    await page.waitForSelector("text=Not opened: this file is not JSON");
    await drop(reports.quickstart);
    await page.waitForSelector("#bound .outcome");
    expect(await page.locator("#bound .outcome .note").first().textContent()).toContain("From dropped.json");
    await page.close();
  });

  it("keeps every one of 151 changes of a link", async () => {
    const changes = Array.from({ length: 151 }, (_, k) => `${50 * (k + 1)}:0.02:${1 + (k % 4)}:without-replacement`);
    const page = await browser.newPage();
    await page.goto(`${url}/index.html#then=${changes.join(",")}`);
    await page.waitForFunction(() => Number(document.querySelector(".status b")?.textContent) > 0);
    expect(new URLSearchParams(new URL(page.url()).hash.slice(1)).get("then")?.split(",")).toEqual(changes);
    await page.close();
  });
});

/** What runs of every claim in its smallest form give, as reports; `nothing` has null for each number that was measured. */
async function reportsOfEveryClaim(): Promise<{ claims: string; quickstart: string; nothing: string }> {
  await prepareBackend("wasm");
  const parts: { name: string; jobs: (Finished & { study: string })[] }[] = [];
  for (const claim of claims) {
    const scope = { preset: "test", images: { kind: "synthetic" }, seed: 1 } as const;
    const inPages = planOf(claim, "quick").jobs;
    // A claim of networks alone runs at the command line, and its report opens here.
    const jobs = inPages.length > 0 ? inPages : claim.jobs(scope);
    const done: (Finished & { study: string })[] = [];
    for await (const one of runClaim({ ...claim, jobs: () => jobs }, scope)) done.push({ ...one, study: claim.study });
    parts.push({ name: claim.name, jobs: done });
  }
  const head = {
    schema: "sgdscope/reproduce@2",
    command: "sgdscope reproduce",
    preset: "fast",
    data: "synthetic",
    seed: 1,
  };
  const bound = parts.find(({ name }) => name === "bound")!.jobs as Finished<"training">[];
  const study = {
    title: "Where SGD stops",
    records: bound.flatMap(({ records }) => records),
    tasks: bound.map(({ task }) => task) as never,
    command: "sgdscope quickstart --data synthetic",
    seconds: 1,
    version: "0.0.0",
  };
  const emptied = parts.map(({ name, jobs }) => ({
    name,
    jobs: jobs.map((job) => ({ ...job, records: withoutNumbers(job.records) })),
  }));
  return {
    claims: formatJson({ ...head, claims: parts }),
    quickstart: formatJson(boundDocument(study)),
    nothing: formatJson({ ...head, claims: emptied }),
  };
}

function withoutNumbers(value: unknown, field = ""): unknown {
  if (typeof value === "number") return settings.has(field) ? value : null;
  if (Array.isArray(value)) return value.map((each) => withoutNumbers(each, field));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutNumbers(each, key)]));
}
