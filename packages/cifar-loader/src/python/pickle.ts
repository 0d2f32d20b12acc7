// Kept here: pickleparser, the nearest library, takes every opcode, has no limit on what a file unfolds to, and reads the bytes of
// Python 2's strings, which is what the pixels are, as windows-1252 text.
import { CifarError } from "../errors.js";
import { restore, resultOf } from "./calls.js";
import { opcodeName } from "./opcodes.js";
import { asciiOf, globalCalled, type Value } from "./values.js";

/** The official files take about 4 steps per record, those written again by Python 3 about 12; there are 50,000 records at most. */
const MOST_STEPS = 2_000_000;

/**
 * Reads the pickle of a batch (protocol 2, as Python 2 wrote the official ones, or Python 3) without running anything: a machine of the
 * 26 opcodes and 5 globals that occur there, in which calls stand for three fixed constructions.
 *
 * Cost: strings are views of the bytes, but for those that Python 3 wrote as text, which are decoded once.
 *
 * @returns The one value that the pickle holds, with nothing after it.
 * @throws CifarError BAD_PICKLE, naming the opcode, the global or the place.
 */
export function readPickle(caller: string, what: string, bytes: Uint8Array): Value {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: Value[] = [];
  const marks: number[] = [];
  const memo = new Map<number, Value>();
  let at = 0;
  let start = 0;

  const refuse = (expected: string, got: string): CifarError =>
    new CifarError("BAD_PICKLE", `${caller}: expected ${what} with ${expected}, got ${got} at byte ${start}`);
  /** The place of so many bytes, which are then passed. */
  const pass = (count: number): number => {
    if (count < 0 || count > bytes.length - at)
      throw refuse(`${count} more bytes`, `the end after ${bytes.length - at}`);
    at += count;
    return at - count;
  };
  const push = (value: Value): void => void stack.push(value);
  /** Nothing is taken from below the last mark. */
  const pop = (): Value => {
    if (stack.length <= (marks.at(-1) ?? 0)) throw refuse("a value for each opcode", "none");
    return stack.pop()!;
  };
  const popToMark = (): Value[] => {
    const mark = marks.pop();
    if (mark === undefined) throw refuse("a mark", "none");
    return stack.splice(mark);
  };
  const text = (length: number, unicode: boolean): void => {
    const from = pass(length);
    push({ kind: "text", bytes: bytes.subarray(from, from + length), unicode });
  };
  const line = (): string => {
    const from = at;
    while (at - from < 100 && at < bytes.length && bytes[at] !== 0x0a) at++;
    const name = asciiOf({ kind: "text", bytes: bytes.subarray(from, at), unicode: false });
    pass(1);
    return name ?? "";
  };
  const tuple = (count: number): void => {
    const items = Array.from({ length: count }, pop).reverse();
    push({ kind: "tuple", items });
  };
  const remember = (key: number): void => {
    const value = pop();
    memo.set(key, value);
    push(value);
  };
  const recall = (key: number): void => {
    const value = memo.get(key);
    if (value === undefined) throw refuse("memory of what came before", `nothing under ${key}`);
    push(value);
  };
  const append = (items: Value[]): void => {
    const list = pop();
    if (typeof list !== "object" || list?.kind !== "list") throw refuse("items for a list", "another value");
    for (const item of items) list.items.push(item);
    push(list);
  };
  const set = (items: Value[]): void => {
    const dictionary = pop();
    if (typeof dictionary !== "object" || dictionary?.kind !== "dictionary" || items.length % 2 === 1)
      throw refuse("keys and values for a dictionary", "others");
    for (let i = 0; i < items.length; i += 2) {
      const key = asciiOf(items[i]);
      if (key === undefined) throw refuse("keys that are short text", "another one");
      if (dictionary.entries.has(key)) throw refuse("each key once", `${JSON.stringify(key)} twice`);
      dictionary.entries.set(key, items[i + 1]!);
    }
    push(dictionary);
  };
  const global = (): void => {
    const called = `${line()} ${line()}`;
    const name = globalCalled(called);
    if (name === undefined) throw refuse("the globals of numpy arrays only", `the global ${called}`);
    push({ kind: "global", name });
  };
  let decoded = 0;
  const reduce = (): void => {
    const [args, called] = [pop(), pop()];
    const isCall = typeof called === "object" && called?.kind === "global";
    const result =
      isCall && typeof args === "object" && args?.kind === "tuple" ? resultOf(called.name, args.items) : undefined;
    if (typeof result !== "object" || result === null) throw refuse("calls that make arrays only", "another call");
    // Text that is decoded again and again would unfold without end.
    if (result.kind === "text" && (decoded += result.bytes.length) > bytes.length)
      throw refuse("each text decoded once", "more text than there are bytes");
    push(result);
  };
  const build = (): void => {
    const state = pop();
    const target = pop();
    if (!restore(target, state)) throw refuse("states of numpy arrays only", "another state");
    push(target);
  };
  const pair = (): Value[] => [pop(), pop()].reverse();

  const steps: Record<string, () => void> = {
    "(": () => void marks.push(stack.length),
    "}": () => push({ kind: "dictionary", entries: new Map() }),
    "]": () => push({ kind: "list", items: [] }),
    ")": () => tuple(0),
    "\x85": () => tuple(1),
    "\x86": () => tuple(2),
    "\x87": () => tuple(3),
    t: () => push({ kind: "tuple", items: popToMark() }),
    N: () => push(null),
    "\x88": () => push(true),
    "\x89": () => push(false),
    K: () => push(bytes[pass(1)]!),
    M: () => push(view.getUint16(pass(2), true)),
    J: () => push(view.getInt32(pass(4), true)),
    U: () => text(bytes[pass(1)]!, false),
    T: () => text(view.getInt32(pass(4), true), false),
    X: () => text(view.getUint32(pass(4), true), true),
    q: () => remember(bytes[pass(1)]!),
    r: () => remember(view.getUint32(pass(4), true)),
    h: () => recall(bytes[pass(1)]!),
    j: () => recall(view.getUint32(pass(4), true)),
    a: () => append([pop()]),
    e: () => append(popToMark()),
    s: () => set(pair()),
    u: () => set(popToMark()),
    c: global,
    R: reduce,
    b: build,
  };

  if (bytes[0] !== 0x80 || bytes[1] !== 2)
    throw refuse(
      "pickle protocol 2",
      bytes[0] === 0x80 && bytes.length > 1 ? `protocol ${bytes[1]!}` : "no pickle of a protocol",
    );
  at = 2;
  for (let count = 0; ; count++) {
    start = at;
    const code = bytes[pass(1)]!;
    if (code === 0x2e) break;
    if (count >= MOST_STEPS) throw refuse(`at most ${MOST_STEPS} opcodes`, "more");
    const step = steps[String.fromCharCode(code)];
    if (step === undefined) throw refuse("the opcodes of a batch only", `the opcode ${opcodeName(code)}`);
    step();
  }
  const value = pop();
  if (stack.length > 0 || marks.length > 0) throw refuse("one value", "more");
  if (at !== bytes.length) throw refuse("nothing after its end", "more bytes");
  return value;
}
