import { expect, it, vi } from "vitest";
import { openDesk } from "../src/desk.js";

interface Answers {
  ready(): true;
  double(x: number): number;
}

/** What a page knows of a worker that answers nothing. */
const silent = (): Worker & EventTarget =>
  Object.assign(new EventTarget(), { postMessage: () => undefined, terminate: () => undefined }) as unknown as Worker;

it("says at once that a worker cannot be loaded, to the reader and to whoever asks, before and after", async () => {
  const told: (string | undefined)[] = [];
  const worker = silent();
  const desk = openDesk<Answers>(
    () => worker,
    (what) => told.push(what),
  );
  const before = desk.ask((remote) => remote.double(2));
  worker.dispatchEvent(new Event("error"));
  await expect(before).rejects.toThrow("the worker of this page could not be loaded");
  await expect(desk.ask((remote) => remote.double(2))).rejects.toThrow("could not be loaded");
  expect(told).toEqual([
    expect.stringContaining("Nothing can be computed: the worker of this page could not be loaded"),
  ]);
});

it("says what the browser says where it may not make a worker at all", async () => {
  const told: (string | undefined)[] = [];
  const refused = (): Worker => {
    throw new Error("not from a file");
  };
  const desk = openDesk<Answers>(refused, (what) => told.push(what));
  expect(told[0]).toContain("could not be loaded (not from a file)");
  await expect(desk.ask((remote) => remote.double(2))).rejects.toThrow("not from a file");
});

it("says within a second that a worker is late", () => {
  vi.useFakeTimers();
  try {
    const told: (string | undefined)[] = [];
    openDesk<Answers>(silent, (what) => told.push(what));
    vi.advanceTimersByTime(1000);
    expect(told).toEqual([expect.stringContaining("still being loaded")]);
  } finally {
    vi.useRealTimers();
  }
});

it("closes its worker", () => {
  let ended = 0;
  const worker = Object.assign(silent(), { terminate: () => void ended++ });
  openDesk<Answers>(
    () => worker,
    () => undefined,
  ).close();
  expect(ended).toBe(1);
});
