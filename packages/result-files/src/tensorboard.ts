import { maskedCrc32c } from "./crc32c.js";
import { ResultFilesError } from "./errors.js";

/** One point of a TensorBoard chart. */
export interface Scalar {
  /** The chart; a slash groups. */
  tag: string;
  /** A whole number of at least 0. */
  step: number;
  /** Stored as Float32, as TensorBoard does. */
  value: number;
  /** Seconds since 1970; default 0. */
  wallTime?: number;
}

/** A name that TensorBoard reads; it must contain `events.out.tfevents.…`. */
export const eventFileName = "events.out.tfevents.0.sgdscope";

/**
 * Scalars as a TensorBoard event file: TFRecord frames with masked CRC-32C around `Event` messages of protocol buffers.
 *
 * The same scalars give the same bytes.
 *
 * @throws ResultFilesError `INVALID_TABLE` for a step that is not a whole number of at least 0.
 * @see https://www.tensorflow.org/tutorials/load_data/tfrecord and tensorflow/core/util/event.proto
 */
export function formatTensorBoard(scalars: Iterable<Scalar>): Uint8Array<ArrayBuffer> {
  const frames = [frame(message([double(1, 0), text(3, "brain.Event:2")]))];
  for (const { tag, step, value, wallTime = 0 } of scalars) {
    if (!Number.isSafeInteger(step) || step < 0)
      throw new ResultFilesError(
        "INVALID_TABLE",
        `formatTensorBoard: expected the steps of ${tag} to be whole numbers of at least 0, got ${step}`,
      );
    const summary = bytes(5, message([bytes(1, message([text(1, tag), float(2, value)]))]));
    frames.push(frame(message([double(1, wallTime), varint(2, step), summary])));
  }
  return message(frames);
}

function frame(data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 16);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(out.subarray(0, 8)), true);
  out.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return out;
}

/** Protocol buffers: each field is its number and wire type, then its content. */
const key = (field: number, wire: 0 | 1 | 2 | 5): number => field * 8 + wire;

function message(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function digits(value: number): number[] {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...out, rest];
    out.push((rest % 128) + 128);
  }
}

const varint = (field: number, value: number): Uint8Array => Uint8Array.from([key(field, 0), ...digits(value)]);
const bytes = (field: number, content: Uint8Array): Uint8Array =>
  message([Uint8Array.from([key(field, 2), ...digits(content.length)]), content]);
const text = (field: number, content: string): Uint8Array => bytes(field, new TextEncoder().encode(content));

function double(field: number, value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(9));
  view.setUint8(0, key(field, 1));
  view.setFloat64(1, value, true);
  return new Uint8Array(view.buffer);
}

function float(field: number, value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(5));
  view.setUint8(0, key(field, 5));
  view.setFloat32(1, value, true);
  return new Uint8Array(view.buffer);
}
