import { describe, expect, it } from "vitest";
import { isStorageFault, RunsError, storageError } from "../src/index.js";

const fault = (code: string): Error => Object.assign(new Error(code), { code });
const storage = ["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EFBIG", "EIO", "EPIPE", "ESTALE", "EMFILE", "ENFILE"];
const wrongPath = ["ENOTDIR", "EEXIST", "EISDIR", "ENOTEMPTY", "ELOOP", "ENAMETOOLONG"];

describe("an error of a write", () => {
  it.each([...storage, "ENOENT"])(
    "%s is a STORAGE error that names the file, the fault and that nothing is lost",
    (code) => {
      const cause = fault(code);
      const error = storageError("/x/run.json", cause) as RunsError;
      expect(error).toMatchObject({ name: "RunsError", code: "STORAGE", path: "/x/run.json", cause });
      expect(error.message).toMatch(
        new RegExp(`^cannot write /x/run\\.json: [a-z -]{12,} \\(${code}\\); everything written before is kept$`),
      );
    },
  );

  it.each(wrongPath)("%s is a WRONG_PATH error that names the file and the fault", (code) => {
    const cause = fault(code);
    const error = storageError("/x", cause) as RunsError;
    expect(error).toMatchObject({ name: "RunsError", code: "WRONG_PATH", path: "/x", cause });
    expect(error.message).toMatch(new RegExp(`^cannot write /x: [a-z -]{12,} \\(${code}\\)$`));
  });

  it("that says something else, or is one of this package, stays what it is", () => {
    const lost = new RunsError("LOCK_LOST", "somebody else");
    for (const error of [fault("EBADF"), fault("toString"), new Error("no code"), undefined, lost])
      expect(storageError("/x", error)).toBe(error);
  });
});

describe("a storage fault", () => {
  it("is one of the disk, known by its code or as an error of this package", () => {
    for (const code of storage) expect(isStorageFault(fault(code))).toBe(true);
    expect(isStorageFault(new RunsError("STORAGE", "full"))).toBe(true);
  });

  it("is no other error, and none of a read that finds no file", () => {
    for (const error of [...wrongPath, "ENOENT", "toString"].map(fault)) expect(isStorageFault(error)).toBe(false);
    expect(isStorageFault(new RunsError("LOCKED", "somebody"))).toBe(false);
    expect(isStorageFault(new Error("no code"))).toBe(false);
    expect(isStorageFault(undefined)).toBe(false);
  });
});
