import { seededRandom } from "@sgdscope/random";
import { TestingError } from "./errors.js";

/** A damaged copy of a file. */
export interface Mutant {
  bytes: Uint8Array<ArrayBuffer>;
  /** What was done to it, in words that make a failure repeatable. */
  what: string;
  /** Before this position the copy equals the original. */
  from: number;
}

export interface MutationOptions {
  /** The mutants are a function of the bytes and this 32-bit integer. */
  seed: number;
  /** How many mutants. */
  count: number;
  /** Damage begins at the first position and before the second; default anywhere. Cutting off and inserting move what follows. */
  within?: readonly [number, number];
}

/**
 * Damaged copies of a valid file, for tests of its reader: flipped bits, overwritten bytes, cut-off ends, inserted bytes, slices that
 * occur twice or not at all, and numbers, decimal or binary, replaced by those that readers stumble on (0, ±1, 2³¹, 2⁵³, 1e300, …).
 *
 * Three of four mutants have one such damage, the others two to four. The same arguments give the same mutants on every machine.
 * Cost: one copy of the bytes per damage; the mutants come one at a time.
 *
 * @param bytes - The valid file, at least one byte; not changed.
 * @throws TestingError `OPTION` for no bytes, a count that is no positive integer, or a range outside the bytes.
 */
export function* mutations(
  bytes: Uint8Array,
  { seed, count, within = [0, bytes.length] }: MutationOptions,
): Generator<Mutant, void, undefined> {
  if (bytes.length === 0) throw new TestingError("OPTION", "mutations: expected bytes to hold one or more, got none");
  if (!Number.isInteger(count) || count < 1)
    throw new TestingError("OPTION", `mutations: expected count to be a positive integer, got ${count}`);
  const [start, end] = within;
  if (!(Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start < end && end <= bytes.length))
    throw new TestingError(
      "OPTION",
      `mutations: expected within to be a range of the ${bytes.length} bytes, got ${start} to ${end}`,
    );
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  for (let i = 0; i < count; i++) {
    let mutant: Mutant = { bytes: new Uint8Array(bytes), what: `mutant ${i} of seed ${seed}`, from: bytes.length };
    const damages = below(4) < 3 ? 1 : 2 + below(3);
    for (let d = 0; d < damages && mutant.bytes.length > start; d++) {
      const damage = kinds[below(kinds.length)]!;
      const at = start + below(Math.min(end, mutant.bytes.length) - start);
      const { bytes: next, what, from } = damage(mutant.bytes, at, below);
      mutant = { bytes: next, what: `${mutant.what}, ${what}`, from: Math.min(mutant.from, from) };
    }
    yield mutant;
  }
}

type Below = (limit: number) => number;
type Damage = (bytes: Uint8Array<ArrayBuffer>, at: number, below: Below) => Mutant;

const kinds: Damage[] = [flip, flip, overwrite, truncate, insert, duplicate, remove, decimal, decimal, binary];

function flip(bytes: Uint8Array<ArrayBuffer>, at: number, below: Below): Mutant {
  const bit = below(8);
  bytes[at]! ^= 1 << bit;
  return { bytes, what: `bit ${bit} of byte ${at} flipped`, from: at };
}

function overwrite(bytes: Uint8Array<ArrayBuffer>, at: number, below: Below): Mutant {
  bytes[at] = below(256);
  return { bytes, what: `byte ${at} set to ${bytes[at]}`, from: at };
}

function truncate(bytes: Uint8Array<ArrayBuffer>, at: number): Mutant {
  return { bytes: bytes.slice(0, at), what: `cut off at byte ${at}`, from: at };
}

function insert(bytes: Uint8Array<ArrayBuffer>, at: number, below: Below): Mutant {
  const added = Uint8Array.from({ length: 1 + below(16) }, () => below(256));
  return { bytes: splice(bytes, at, 0, added), what: `${added.length} bytes inserted at ${at}`, from: at };
}

function duplicate(bytes: Uint8Array<ArrayBuffer>, at: number, below: Below): Mutant {
  const slice = bytes.subarray(at, at + sizeOfSlice(bytes, below));
  const to = at + slice.length;
  return { bytes: splice(bytes, to, 0, slice), what: `bytes ${at} to ${to} twice`, from: to };
}

function remove(bytes: Uint8Array<ArrayBuffer>, at: number, below: Below): Mutant {
  const size = Math.min(sizeOfSlice(bytes, below), bytes.length - at);
  return { bytes: splice(bytes, at, size, new Uint8Array(0)), what: `bytes ${at} to ${at + size} left out`, from: at };
}

/** Short slices hit fields, long ones whole entries. */
const sizeOfSlice = (bytes: Uint8Array, below: Below): number =>
  below(2) === 0 ? 1 + below(16) : 1 + below(bytes.length);

const decimals = [
  "0",
  "1",
  "-1",
  "7",
  "255",
  "65536",
  "2147483648",
  "4294967296",
  "9007199254740993",
  "1e300",
  "1e999",
];

/** Replaces the digits at or after a place; where there are none, flips a bit. */
function decimal(bytes: Uint8Array<ArrayBuffer>, at: number, below: Below): Mutant {
  const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;
  let begin = at;
  while (begin < bytes.length && !isDigit(bytes[begin])) begin++;
  if (begin === bytes.length) return flip(bytes, at, below);
  let end = begin;
  while (isDigit(bytes[end])) end++;
  const text = decimals[below(decimals.length)]!;
  const next = splice(bytes, begin, end - begin, new TextEncoder().encode(text));
  return { bytes: next, what: `number at byte ${begin} set to ${text}`, from: begin };
}

const integers = [0n, 1n, 2n, 127n, 255n, 65535n, 1n << 31n, (1n << 32n) - 1n, 1n << 53n, 1n << 63n, (1n << 64n) - 1n];

/** Overwrites a field of 1, 2, 4 or 8 bytes with a little-endian number, or moves it by one. */
function binary(bytes: Uint8Array<ArrayBuffer>, at: number, below: Below): Mutant {
  const width = Math.min(1 << below(4), bytes.length - at);
  let old = 0n;
  for (let i = width - 1; i >= 0; i--) old = (old << 8n) | BigInt(bytes[at + i]!);
  const value = [old + 1n, old - 1n, ...integers][below(integers.length + 2)]!;
  for (let i = 0; i < width; i++) bytes[at + i] = Number((value >> BigInt(8 * i)) & 255n);
  return { bytes, what: `${width} bytes at ${at} set to ${value}`, from: at };
}

function splice(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes.length - removed + added.length);
  result.set(bytes.subarray(0, at));
  result.set(added, at);
  result.set(bytes.subarray(at + removed), at + added.length);
  return result;
}
