import { describe, expect, it } from "vitest";
import { parseJsonArrays } from "../src/json.js";

describe("parseJsonArrays", () => {
  it("refuses more than 2^25 values", () => {
    const bytes = new Uint8Array(2 * (2 ** 25 + 1) + 1).fill(0x31);
    for (let i = 0; i < bytes.length; i += 2) bytes[i] = 0x2c;
    bytes[0] = 0x5b;
    bytes[bytes.length - 1] = 0x5d;
    expect(() => parseJsonArrays(bytes, "x")).toThrow(expect.objectContaining({ code: "TOO_LARGE" }));
  });
});
