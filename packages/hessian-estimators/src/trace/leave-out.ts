import { dot } from "@sgdscope/linear-algebra";
import { leaveTwoOut, type LeftOutMean } from "../internal/leave-two-out.js";
import { leftOut, type Sketch } from "../internal/sketch.js";
import { multiplyRows } from "../internal/vectors.js";

/** A sketch Y = QR = AΩ and the matrix QᵀAQ. */
export interface SketchedTrace {
  size: number;
  probes: readonly Float64Array[];
  sketch: Sketch;
  /** QᵀAQ by rows. */
  inside: readonly Float64Array[];
}

/**
 * The mean of the leave-one-out terms tᵢ, and its standard error from leaving two out.
 *
 * Neither needs a new product: leaving i and j out removes two directions from Q.
 *
 * Everything is in the coordinates of Q: O(k³) operations for k probes.
 */
export function leaveOneOutTrace(given: SketchedTrace): LeftOutMean {
  const { size, probes, sketch, inside } = given;
  const rank = sketch.basis.length;
  const trace = inside.reduce((sum, row, i) => sum + row[i]!, 0);
  const out = leftOut(sketch);
  const along = probes.map((probe) => Float64Array.from(sketch.basis, (q) => dot(q, probe)));
  const images = sketch.columns.map((column) => {
    const padded = new Float64Array(rank);
    padded.set(column);
    return padded;
  });
  const ofOut = out.map((s) => multiplyRows(inside, s));
  const whole = along.map((h, i) => {
    const outside = dot(probes[i]!, probes[i]!) - dot(h, h);
    return { outside, rest: dot(h, multiplyRows(inside, h)) - dot(h, images[i]!) };
  });

  /** The term of probe i with the coordinates, along the directions left out, of its h, r and QᵀAQh, and of QᵀAQ there. */
  function term(i: number, gone: Direction[], corner: (k: number, l: number) => number): number {
    let known = trace;
    let rest = whole[i]!.rest;
    let length = whole[i]!.outside;
    gone.forEach(({ h, r, image }, k) => {
      known -= corner(k, k);
      rest += 2 * h * (r - image);
      length += h * h;
      gone.forEach((other, l) => (rest += h * other.h * corner(k, l)));
    });
    const left = size - rank + (sketch.exhausted ? 0 : gone.length);
    return known + (left * rest) / length;
  }

  const direction = (i: number, j: number): Direction => ({
    h: dot(out[j]!, along[i]!),
    r: dot(out[j]!, images[i]!),
    image: dot(ofOut[j]!, along[i]!),
  });
  const table = out.map((_, i) => out.map((_, j) => direction(i, j)));
  const corners = out.map((s) => ofOut.map((t) => dot(s, t)));

  const terms = probes.map((_, i) => term(i, [table[i]![i]!], () => corners[i]![i]!));

  /** tᵢ − tᵢⱼ. */
  function change(i: number, j: number): number {
    const cosine = dot(out[i]!, out[j]!);
    const sine = sketch.exhausted ? 1 : Math.sqrt(Math.max(Number.EPSILON, 1 - cosine * cosine));
    const across = (first: number, second: number): number => (second - cosine * first) / sine;
    const [one, two] = [table[i]![i]!, table[i]![j]!];
    const second = { h: across(one.h, two.h), r: across(one.r, two.r), image: across(one.image, two.image) };
    const [a, b, c] = [corners[i]![i]!, corners[i]![j]!, corners[j]![j]!];
    const mixed = across(a, b);
    const last = (c - 2 * cosine * b + cosine * cosine * a) / (sine * sine);
    return terms[i]! - term(i, [one, second], (k, l) => (k !== l ? mixed : k === 0 ? a : last));
  }

  return leaveTwoOut(terms, change);
}

interface Direction {
  h: number;
  r: number;
  image: number;
}
