import { expect, it } from "vitest";
import { chosen, MOST_BYTES } from "../../src/claims/file.js";

const file = (size: number): File => ({ name: "report.json", size }) as File;

it("takes one file, and says before it is read why it takes none", () => {
  const one = file(MOST_BYTES);
  expect(chosen([one])).toBe(one);
  expect(chosen([file(MOST_BYTES + 1)])).toBe("report.json has 201 MB; this page reads reports of at most 200 MB.");
  expect(chosen([one, one])).toBe("expected one file, got 2.");
  expect(chosen([])).toBe("what was dropped is no file.");
  expect(chosen(undefined)).toBe("what was dropped is no file.");
});
