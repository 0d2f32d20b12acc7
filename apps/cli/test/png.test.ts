import { describe, expect, it } from "vitest";
import { pngOf } from "../src/report/png.js";

const svg = `<svg width="40" height="30" viewBox="0 0 40 30" fill="currentColor" style="font-size: 12px" xmlns="http://www.w3.org/2000/svg"><text x="4" y="20">η</text><rect x="30" y="0" width="10" height="10" fill="var(--paper, #fff)"></rect></svg>`;
const size = (png: Uint8Array): [number, number] => {
  const view = new DataView(png.buffer, png.byteOffset);
  return [view.getUint32(16), view.getUint32(20)];
};

describe("a figure as PNG", () => {
  it("has two pixels a CSS pixel, or as many as asked for", async () => {
    const png = await pngOf(svg);
    expect([...png.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
    expect(size(png)).toEqual([80, 60]);
    expect(size(await pngOf(svg, { scale: 1 }))).toEqual([40, 30]);
  });

  it("draws the letters: without them it is smaller", async () => {
    const png = await pngOf(svg);
    expect(png.length).toBeGreaterThan((await pngOf(svg.replace("η", ""))).length);
  });

  it("is another picture in the dark, and the same each time", async () => {
    expect(await pngOf(svg, { theme: "dark" })).not.toEqual(await pngOf(svg));
    expect(await pngOf(svg)).toEqual(await pngOf(svg));
  });
});
