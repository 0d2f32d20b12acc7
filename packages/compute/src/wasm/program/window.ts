import { f32, f32x4, i32, type Assembler, type Body, type I32, type Int, type Local, type V128 } from "../assembler.js";
import { eachVector } from "./reduce.js";

/** The geometry of windows over images whose channels stay apart. */
const WINDOWS = [
  ...(["count", "height", "width", "channels", "outHeight", "outWidth", "kernelHeight", "kernelWidth"] as const),
  ...(["strideHeight", "strideWidth", "dilationHeight", "dilationWidth", "top", "left"] as const),
] as const;
type Parameter = (typeof WINDOWS)[number];
export type ChannelWindows = Record<Parameter, number>;
export const windowArguments = (windows: ChannelWindows): number[] => WINDOWS.map((name) => windows[name]);

type Geometry = Record<Parameter, Local<"i32">>;

/** Counts the taps of one axis that fall inside the image. */
function countInside(f: Body, target: Local<"i32">, start: Int, taps: Int, dilation: Int, size: Int): void {
  const { tap, at } = f.integers("tap", "at");
  f.setInt(target, 0);
  f.setInt(at, start);
  f.loop(tap, 0, taps, 1, () => {
    f.set(target, i32.add(target, i32.lt(at, size)));
    f.set(at, i32.add(at, dilation));
  });
}

interface Window {
  /** Byte offset of this output pixel in an array of outputs. */
  signal: Local<"i32">;
  /** Visits the taps inside the image: byte offsets of the tap in the kernel's taps, and of the pixel in the images. */
  eachTap: (visit: (tap: Local<"i32">, pixel: Local<"i32">) => void) => void;
  /** How many taps fall inside. */
  inside: () => Local<"i32">;
}

/** Loops over images, output rows and columns. Positions are unsigned: those above or left of the image wrap to huge ones. */
function eachWindow(f: Body, g: Geometry, visit: (window: Window) => void): void {
  const { n, i, j, k, l, firstRow, firstColumn, row, column } = f.integers(
    ...(["n", "i", "j", "k", "l", "firstRow", "firstColumn", "row", "column"] as const),
  );
  const { pixelBytes, signal, image, rowAt, tap, pixel, rowsInside, inside } = f.integers(
    ...(["pixelBytes", "signal", "image", "rowAt", "tap", "pixel", "rowsInside", "inside"] as const),
  );
  f.set(pixelBytes, i32.shl(g.channels, 2));
  f.loop(n, 0, g.count, 1, () => {
    f.loop(i, 0, g.outHeight, 1, () => {
      f.set(firstRow, i32.sub(i32.mul(i, g.strideHeight), g.top));
      countInside(f, rowsInside, firstRow, g.kernelHeight, g.dilationHeight, g.height);
      f.loop(j, 0, g.outWidth, 1, () => {
        f.set(firstColumn, i32.sub(i32.mul(j, g.strideWidth), g.left));
        visit({
          signal,
          eachTap: (visitTap) => {
            f.setInt(tap, 0);
            f.set(row, firstRow);
            f.loop(k, 0, g.kernelHeight, 1, () => {
              f.set(rowAt, i32.add(image, i32.mul(i32.mul(row, g.width), pixelBytes)));
              f.set(column, firstColumn);
              f.loop(l, 0, g.kernelWidth, 1, () => {
                f.when(i32.and(i32.lt(row, g.height), i32.lt(column, g.width)), () => {
                  f.set(pixel, i32.add(rowAt, i32.mul(column, pixelBytes)));
                  visitTap(tap, pixel);
                });
                f.set(column, i32.add(column, g.dilationWidth));
                f.set(tap, i32.add(tap, pixelBytes));
              });
              f.set(row, i32.add(row, g.dilationHeight));
            });
          },
          inside: () => {
            countInside(f, inside, firstColumn, g.kernelWidth, g.dilationWidth, g.width);
            f.set(inside, i32.mul(inside, rowsInside));
            return inside;
          },
        });
        f.set(signal, i32.add(signal, pixelBytes));
      });
    });
    f.set(image, i32.add(image, i32.mul(i32.mul(g.height, g.width), pixelBytes)));
  });
}

type Combine = (...values: V128[]) => V128;
const product: Combine = (a, b) => f32x4.mul(a, b);

/** `target[c] = combine(sources[c]…)` for all channels. */
function assign(f: Body, channels: Local<"i32">, target: I32, sources: I32[], combine: Combine): void {
  const to = f.local("i32");
  const from = sources.map(() => f.local("i32"));
  eachVector(
    f,
    channels,
    (offset, vectors, lanes) => {
      f.set(to, i32.add(target, offset));
      from.forEach((at, s) => f.set(at, i32.add(sources[s]!, offset)));
      for (let v = 0; v < vectors; v++) {
        f.storePartial(to, combine(...from.map((at) => f32x4.loadPartial(at, lanes, 16 * v))), lanes, 16 * v);
      }
    },
    [4, 1],
  );
}

/** `target[c] += combine(sources[c]…)` for all channels. */
function addTo(f: Body, channels: Local<"i32">, target: I32, sources: I32[], combine: Combine): void {
  assign(f, channels, target, [target, ...sources], (old, ...values) => f32x4.add(old, combine(...values)));
}

/** Functions over windows that keep channels apart: gradients of pooling and of depthwise convolution. */
export function defineWindow(asm: Assembler): void {
  const defineAverage = (name: string, write: typeof assign): void => {
    asm.define(name, ["signals", "images", ...WINDOWS], (f, p) => {
      const share = f.local("v128");
      eachWindow(f, p, ({ signal, eachTap, inside }) => {
        f.set(share, f32x4.splat(f32.div(f32.of(1), f32.convert(inside()))));
        eachTap((_, pixel) =>
          write(f, p.channels, i32.add(p.images, pixel), [i32.add(p.signals, signal)], (value) =>
            f32x4.mul(share, value),
          ),
        );
      });
    });
  };
  /** Spreads each signal over the pixels of its window, divided by how many there are: the adjoint of average pooling. */
  defineAverage("spreadAverage", addTo);
  /** The same where windows do not overlap: pixels are written instead of added to. */
  defineAverage("placeAverage", assign);

  /** Adds each signal to the first pixel of its window that holds the window's maximum. */
  asm.define("spreadToMaximum", ["inputs", "signals", "images", ...WINDOWS], (f, p) => {
    const [most, left, chosen] = [0, 1, 2].map(() => f.local("v128")) as [Local<"v128">, Local<"v128">, Local<"v128">];
    const { from, to } = f.integers("from", "to");
    const visit = ({ signal, eachTap }: Window, offset: Local<"i32">, lanes: number): void => {
      f.set(most, f32x4.splat(f32.of(-Infinity)));
      eachTap((_, pixel) => {
        f.set(from, i32.add(p.inputs, i32.add(pixel, offset)));
        f.set(most, f32x4.max(most, f32x4.loadPartial(from, lanes)));
      });
      // What is still to be given away: nothing once a pixel had it.
      f.set(from, i32.add(p.signals, i32.add(signal, offset)));
      f.set(left, f32x4.loadPartial(from, lanes));
      eachTap((_, pixel) => {
        f.set(from, i32.add(p.inputs, i32.add(pixel, offset)));
        f.set(chosen, f32x4.eq(f32x4.loadPartial(from, lanes), most));
        f.set(to, i32.add(p.images, i32.add(pixel, offset)));
        f.storePartial(to, f32x4.add(f32x4.loadPartial(to, lanes), f32x4.and(left, chosen)), lanes);
        f.set(left, f32x4.andNot(left, chosen));
      });
    };
    eachWindow(f, p, (window) => eachVector(f, p.channels, (offset, _, lanes) => visit(window, offset, lanes), [1]));
  });

  /** Adds signal × tap to each pixel of the window: the adjoint of depthwise convolution in its images. */
  asm.define("spreadDepthwise", ["signals", "filter", "images", ...WINDOWS], (f, p) =>
    eachWindow(f, p, ({ signal, eachTap }) =>
      eachTap((tap, pixel) =>
        addTo(f, p.channels, i32.add(p.images, pixel), [i32.add(p.signals, signal), i32.add(p.filter, tap)], product),
      ),
    ),
  );

  /** Adds signal × pixel to each tap: the adjoint of depthwise convolution in its filter. */
  asm.define("gatherDepthwise", ["signals", "images", "filter", ...WINDOWS], (f, p) =>
    eachWindow(f, p, ({ signal, eachTap }) =>
      eachTap((tap, pixel) =>
        addTo(f, p.channels, i32.add(p.filter, tap), [i32.add(p.signals, signal), i32.add(p.images, pixel)], product),
      ),
    ),
  );
}
