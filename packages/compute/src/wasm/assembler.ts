/**
 * A very small assembler for WebAssembly with SIMD, with the instructions that the kernels of this package use.
 *
 * Expressions are values with their byte code; statements go to the body under construction. All integers are
 * 32-bit, addresses are byte offsets into the one imported memory. Opcodes: WebAssembly Core Specification 2.0,
 * chapter 5, with the SIMD (prefix 0xfd) and relaxed SIMD (0xfd 0x105) instructions.
 */

type ValueType = "i32" | "f32" | "v128";
const TYPE_CODES = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;

export interface Expression<T extends ValueType> {
  readonly type: T;
  readonly code: readonly number[];
}
export interface Local<T extends ValueType> extends Expression<T> {
  readonly index: number;
}
export type I32 = Expression<"i32">;
export type F32 = Expression<"f32">;
export type V128 = Expression<"v128">;
/** An integer expression, or a constant known while assembling. */
export type Int = I32 | number;

const unsignedLeb = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
};
const signedLeb = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
};

const expression = <T extends ValueType>(type: T, ...code: readonly (number | readonly number[])[]): Expression<T> => ({
  type,
  code: code.flat(),
});
const int = (value: Int): I32 => (typeof value === "number" ? expression("i32", 0x41, signedLeb(value)) : value);

const integerOperation = (opcode: number) => (a: Int, b: Int) => expression("i32", int(a).code, int(b).code, opcode);
export const i32 = {
  of: int,
  add: integerOperation(0x6a),
  sub: integerOperation(0x6b),
  mul: integerOperation(0x6c),
  and: integerOperation(0x71),
  shl: integerOperation(0x74),
  /** Unsigned comparisons: 1 or 0. */
  lt: integerOperation(0x49),
  ge: integerOperation(0x4f),
  ne: integerOperation(0x47),
  eq: integerOperation(0x46),
  load: (address: I32, offset = 0): I32 => expression("i32", address.code, 0x28, 0, unsignedLeb(offset)),
};

const scalarOperation = (opcode: number) => (a: F32, b: F32) => expression("f32", a.code, b.code, opcode);
export const f32 = {
  of: (value: number): F32 => expression("f32", 0x43, [...new Uint8Array(new Float32Array([value]).buffer)]),
  add: scalarOperation(0x92),
  mul: scalarOperation(0x94),
  div: scalarOperation(0x95),
  convert: (value: I32): F32 => expression("f32", value.code, 0xb3),
  /** The number whose bits are these. */
  reinterpret: (bits: I32): F32 => expression("f32", bits.code, 0xbe),
  load: (address: I32, offset = 0): F32 => expression("f32", address.code, 0x2a, 0, unsignedLeb(offset)),
};

const simd = (opcode: number): number[] => [0xfd, ...unsignedLeb(opcode)];
const vectorOperation = (opcode: number) => (a: V128, b: V128) => expression("v128", a.code, b.code, simd(opcode));
const vectorLoad =
  (opcode: number) =>
  (address: I32, offset = 0): V128 =>
    expression("v128", address.code, simd(opcode), 0, unsignedLeb(offset));
export const f32x4 = {
  zero: expression("v128", simd(0x0c), new Array<number>(16).fill(0)),
  splat: (value: F32): V128 => expression("v128", value.code, simd(0x13)),
  add: vectorOperation(0xe4),
  sub: vectorOperation(0xe5),
  mul: vectorOperation(0xe6),
  div: vectorOperation(0xe7),
  max: vectorOperation(0xe9),
  /** a·b + c in one rounding, of the relaxed SIMD proposal; see `hasRelaxedSimd`. */
  multiplyAdd: (a: V128, b: V128, c: V128): V128 => expression("v128", a.code, b.code, c.code, simd(0x105)),
  /** All bits set where a > b (a = b, a ≠ b, a < b), none elsewhere. */
  eq: vectorOperation(0x41),
  ne: vectorOperation(0x42),
  lt: vectorOperation(0x43),
  gt: vectorOperation(0x44),
  and: vectorOperation(0x4e),
  /** a where b has no bits. */
  andNot: vectorOperation(0x4f),
  or: vectorOperation(0x50),
  /** Lanes of the two operands by number: 0–3 of `a`, 4–7 of `b`. */
  shuffle: (a: V128, b: V128, lanes: readonly [number, number, number, number]): V128 =>
    expression(
      "v128",
      a.code,
      b.code,
      simd(0x0d),
      lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
    ),
  lane: (a: V128, lane: number): F32 => expression("f32", a.code, simd(0x1f), lane),
  load: vectorLoad(0x00),
  /** One number in all four lanes. */
  loadSplat: vectorLoad(0x09),
  /** The first `lanes` numbers, zeros after them; reads nothing beyond. */
  loadPartial: (address: I32, lanes: number, offset = 0): V128 => {
    if (lanes === 4) return f32x4.load(address, offset);
    if (lanes === 1) return vectorLoad(0x5c)(address, offset);
    const two = vectorLoad(0x5d)(address, offset);
    if (lanes === 2) return two;
    return expression("v128", address.code, two.code, simd(0x56), 0, unsignedLeb(offset + 8), 2);
  },
};

/** The body of a function under construction. */
export interface Body {
  local<T extends ValueType>(type: T): Local<T>;
  /** Integer locals by name. */
  integers<N extends string>(...names: readonly N[]): Record<N, Local<"i32">>;
  set<T extends ValueType>(target: Local<T>, value: Expression<T>): void;
  setInt(target: Local<"i32">, value: Int): void;
  /** The smaller of two unsigned integers; evaluates `a` once. */
  minimum(target: Local<"i32">, a: Int, b: Int): void;
  store(address: I32, value: F32 | V128, offset?: number): void;
  /** Stores the first `lanes` lanes. */
  storePartial(address: I32, value: V128, lanes: number, offset?: number): void;
  /** `for (counter = from; counter < until; counter += step)`, unsigned. */
  loop(counter: Local<"i32">, from: Int, until: Int, step: Int, body: () => void): void;
  /** `while (condition)`. */
  repeatWhile(condition: I32, body: () => void): void;
  /** Copies `bytes` bytes; the ranges do not overlap. */
  copy(to: I32, from: I32, bytes: Int): void;
  /** Zeroes `bytes` bytes. */
  clear(at: I32, bytes: Int): void;
  when(condition: I32, then: () => void, otherwise?: () => void): void;
  /** Calls another function of the module. */
  call(name: string, ...values: Int[]): void;
}

interface Definition {
  name: string;
  parameters: number;
  locals: ValueType[];
  code: number[];
}

/** Functions being collected into one module. */
export interface Assembler {
  /** Adds a function of 32-bit integers without a result. */
  define<N extends string>(
    name: string,
    parameters: readonly N[],
    write: (body: Body, parameters: Record<N, Local<"i32">>) => void,
  ): void;
  /** The module's binary, importing its memory as `env.memory`. */
  assemble(options?: { sharedMemory?: boolean }): Uint8Array<ArrayBuffer>;
}

const section = (id: number, content: readonly number[]): number[] => [id, ...unsignedLeb(content.length), ...content];
const vector = (items: readonly (readonly number[])[]): number[] => [...unsignedLeb(items.length), ...items.flat()];
const text = (value: string): number[] => [...unsignedLeb(value.length), ...new TextEncoder().encode(value)];

export function createAssembler(): Assembler {
  const definitions: Definition[] = [];
  const indexOf = (name: string): number => {
    const index = definitions.findIndex((definition) => definition.name === name);
    if (index < 0) throw new RangeError(`assemble: expected a function of the module, got ${JSON.stringify(name)}`);
    return index;
  };

  return {
    define(name, parameters, write) {
      const locals: ValueType[] = [];
      const code: number[] = [];
      const emit = (...parts: (number | readonly number[])[]): void => {
        for (const part of parts) {
          if (typeof part === "number") code.push(part);
          else for (const byte of part) code.push(byte);
        }
      };
      const asLocal = <T extends ValueType>(type: T, index: number): Local<T> => ({
        ...expression(type, 0x20, unsignedLeb(index)),
        index,
      });
      const body: Body = {
        local: (type) => asLocal(type, parameters.length + locals.push(type) - 1),
        integers: <N extends string>(...names: readonly N[]) =>
          Object.fromEntries(names.map((each) => [each, body.local("i32")])) as Record<N, Local<"i32">>,
        set: (target, value) => emit(value.code, 0x21, unsignedLeb(target.index)),
        setInt: (target, value) => body.set(target, int(value)),
        minimum: (target, a, b) => {
          body.setInt(target, a);
          body.when(i32.lt(b, target), () => body.setInt(target, b));
        },
        store: (address, value, offset = 0) =>
          emit(address.code, value.code, value.type === "f32" ? 0x38 : simd(0x0b), 0, unsignedLeb(offset)),
        storePartial: (address, value, lanes, offset = 0) => {
          if (lanes === 4) body.store(address, value, offset);
          for (let lane = 0; lane < lanes && lanes < 4; lane++) {
            emit(address.code, value.code, simd(0x5a), 0, unsignedLeb(offset + 4 * lane), lane);
          }
        },
        loop: (counter, from, until, step, inner) => {
          body.setInt(counter, from);
          body.repeatWhile(i32.lt(counter, until), () => {
            inner();
            body.setInt(counter, i32.add(counter, step));
          });
        },
        // if (condition) do { body } while (condition)
        repeatWhile: (condition, inner) => {
          emit(condition.code, 0x04, 0x40, 0x03, 0x40);
          inner();
          emit(condition.code, 0x0d, 0x00, 0x0b, 0x0b);
        },
        when: (condition, then, otherwise) => {
          emit(condition.code, 0x04, 0x40);
          then();
          if (otherwise !== undefined) {
            emit(0x05);
            otherwise();
          }
          emit(0x0b);
        },
        copy: (to, from, bytes) => emit(to.code, from.code, int(bytes).code, 0xfc, 0x0a, 0x00, 0x00),
        clear: (at, bytes) => emit(at.code, int(0).code, int(bytes).code, 0xfc, 0x0b, 0x00),
        call: (target, ...values) => {
          emit(...values.map((value) => int(value).code), 0x10, unsignedLeb(indexOf(target)));
        },
      };
      write(
        body,
        Object.fromEntries(parameters.map((parameter, index) => [parameter, asLocal("i32", index)])) as Record<
          (typeof parameters)[number],
          Local<"i32">
        >,
      );
      emit(0x0b);
      definitions.push({ name, parameters: parameters.length, locals, code });
    },

    assemble({ sharedMemory = false } = {}) {
      const limits = sharedMemory ? [0x03, 0x00, ...unsignedLeb(65536)] : [0x00, 0x00];
      const bodies = definitions.map(({ locals, code }) => {
        const content = [...vector(locals.map((type) => [1, TYPE_CODES[type]])), ...code];
        return [...unsignedLeb(content.length), ...content];
      });
      return Uint8Array.from([
        ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
        ...section(
          1,
          vector(definitions.map(({ parameters }) => [0x60, ...vector(new Array(parameters).fill([0x7f])), 0x00])),
        ),
        ...section(2, vector([[...text("env"), ...text("memory"), 0x02, ...limits]])),
        ...section(3, vector(definitions.map((_, index) => unsignedLeb(index)))),
        ...section(7, vector(definitions.map(({ name }, index) => [...text(name), 0x00, ...unsignedLeb(index)]))),
        ...section(10, vector(bodies)),
      ]);
    },
  };
}

/** Whether this engine has the relaxed SIMD instructions (Node 22 has, Node 20 has not). */
export function hasRelaxedSimd(): boolean {
  const asm = createAssembler();
  asm.define("probe", [], (f) => f.set(f.local("v128"), f32x4.multiplyAdd(f32x4.zero, f32x4.zero, f32x4.zero)));
  return WebAssembly.validate(asm.assemble());
}
