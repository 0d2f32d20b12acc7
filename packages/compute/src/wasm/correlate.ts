import { multiply } from "./multiply.js";
import { TILE_COLUMNS, type Contraction } from "./program/contract.js";
import type { Runtime } from "./runtime.js";

/** Images [count, height, width, channels] at an address. */
export interface Images {
  address: number;
  count: number;
  height: number;
  width: number;
  channels: number;
}

/** The windows of a kernel: output (i, j) and tap (k, l) meet at row `i·strideHeight + k·dilationHeight − top`. */
export interface Windows {
  top: number;
  left: number;
  outHeight: number;
  outWidth: number;
  strideHeight: number;
  strideWidth: number;
  kernelHeight: number;
  kernelWidth: number;
  dilationHeight: number;
  dilationWidth: number;
}

/** Padded images of one group together stay below this, so that they are still in cache when they are used. */
const GROUP_BYTES = 1 << 18;

/** Images padded for windows: `corner` is the address of row `−top`, column `−left` of the first image. */
interface WindowedGroup {
  corner: number;
  first: number;
  count: number;
  imageBytes: number;
  rowBytes: number;
}

/** Visits groups of images, padded with zeros as far as the windows extend; no copy is made if none is needed. */
function eachGroup(
  runtime: Runtime,
  images: Images,
  windows: Windows,
  visit: (group: WindowedGroup) => void,
  atLeast = 1,
): void {
  const { address, count, height, width, channels } = images;
  const pixelBytes = 4 * channels;
  const reachHeight =
    (windows.outHeight - 1) * windows.strideHeight + (windows.kernelHeight - 1) * windows.dilationHeight + 1;
  const reachWidth =
    (windows.outWidth - 1) * windows.strideWidth + (windows.kernelWidth - 1) * windows.dilationWidth + 1;
  const { top, left } = windows;
  const inside = top <= 0 && left <= 0 && reachHeight - top <= height && reachWidth - left <= width;
  const fromRowBytes = width * pixelBytes;
  const fromImageBytes = height * fromRowBytes;
  const rowBytes = inside ? fromRowBytes : reachWidth * pixelBytes;
  const imageBytes = inside ? fromImageBytes : reachHeight * rowBytes;
  const groupSize = Math.min(count, Math.max(atLeast, Math.floor(GROUP_BYTES / imageBytes)));

  if (inside) {
    const corner = address - top * fromRowBytes - left * pixelBytes;
    for (let first = 0; first < count; first += groupSize) {
      const size = Math.min(groupSize, count - first);
      visit({ corner: corner + first * imageBytes, first, count: size, imageBytes, rowBytes });
    }
    return;
  }
  // The part of the image that the windows see: rows [firstRow, lastRow), columns [firstColumn, lastColumn).
  const firstRow = Math.max(0, -top);
  const lastRow = Math.min(height, reachHeight - top);
  const firstColumn = Math.max(0, -left);
  const lastColumn = Math.min(width, reachWidth - left);
  runtime.scratch(groupSize * imageBytes, (padded) => {
    runtime.clear(padded, groupSize * imageBytes);
    for (let first = 0; first < count; first += groupSize) {
      const size = Math.min(groupSize, count - first);
      if (lastRow > firstRow && lastColumn > firstColumn) {
        runtime.copyRuns(
          address + first * fromImageBytes + firstRow * fromRowBytes + firstColumn * pixelBytes,
          fromImageBytes,
          fromRowBytes,
          padded + (firstRow + top) * rowBytes + (firstColumn + left) * pixelBytes,
          imageBytes,
          rowBytes,
          size,
          lastRow - firstRow,
          (lastColumn - firstColumn) * pixelBytes,
        );
      }
      visit({ corner: padded, first, count: size, imageBytes, rowBytes });
    }
  });
}

/** Where results go: a tensor, or every few pixels of one. */
export interface Target {
  address: number;
  /** Whether results are added to the present values. */
  accumulate?: boolean;
  imageBytes: number;
  rowBytes: number;
  pixelBytes: number;
}

/** Whether every output pixel depends only on the input pixel in its place. */
const isPointwise = ({ height, width }: Images, windows: Windows): boolean =>
  windows.kernelHeight * windows.kernelWidth * windows.strideHeight * windows.strideWidth === 1 &&
  windows.top === 0 &&
  windows.left === 0 &&
  windows.outHeight === height &&
  windows.outWidth === width;

/** Whether the target is a whole tensor as large as the images. */
const isWhole = ({ height, width }: Images, target: Target, outChannels: number): boolean =>
  target.pixelBytes === 4 * outChannels &&
  target.rowBytes === width * target.pixelBytes &&
  target.imageBytes === height * target.rowBytes;

/**
 * Correlates images with a filter `[kernelHeight, kernelWidth, channels, outChannels]`: what TensorFlow calls a
 * convolution. Each output pixel is written once; pixels between those of `target` do not change.
 */
export function correlate(
  runtime: Runtime,
  images: Images,
  windows: Windows,
  filter: number,
  outChannels: number,
  target: Target,
): void {
  const { channels } = images;
  const { kernelHeight, kernelWidth, dilationHeight, dilationWidth, outHeight, outWidth } = windows;
  const depth = kernelHeight * kernelWidth * channels;
  if (isPointwise(images, windows) && isWhole(images, target, outChannels) && target.accumulate !== true) {
    const rows = images.count * images.height * images.width;
    const factors = { a: images.address, aRow: 4 * depth, aDepth: 4, b: filter, c: target.address };
    multiply(runtime, { ...factors, rows, columns: outChannels, depth });
    return;
  }
  const panels = Math.ceil(outChannels / TILE_COLUMNS);
  const packs = panels > 1;
  const run = (b: number): void =>
    eachGroup(runtime, images, windows, ({ corner, first, count, imageBytes, rowBytes }) => {
      const pixelBytes = 4 * channels;
      // Without dilation a row of taps is one run of memory.
      const loops =
        dilationWidth === 1 || kernelWidth === 1
          ? {
              count1: 1,
              stride1: 0,
              count2: kernelHeight,
              stride2: dilationHeight * rowBytes,
              count3: kernelWidth * channels,
              stride3: 4,
            }
          : {
              ...{ count1: kernelHeight, stride1: dilationHeight * rowBytes },
              ...{ count2: kernelWidth, stride2: dilationWidth * pixelBytes },
              ...{ count3: channels, stride3: 4 },
            };
      const contraction: Contraction = {
        a: corner,
        aOuter1: imageBytes,
        aOuter2: windows.strideHeight * rowBytes,
        aRow: windows.strideWidth * pixelBytes,
        ...loops,
        b,
        bOuter1: 0,
        bOuter2: 0,
        bRow: packs ? 4 * TILE_COLUMNS : 4 * outChannels,
        bPanel: packs ? depth * 4 * TILE_COLUMNS : 4 * TILE_COLUMNS,
        c: target.address + first * target.imageBytes,
        cOuter1: target.imageBytes,
        cOuter2: target.rowBytes,
        cRow: target.pixelBytes,
        rows: outWidth,
        columns: outChannels,
        outer1: count,
        outer2: outHeight,
        accumulate: target.accumulate === true ? 1 : 0,
      };
      runtime.contract(contraction);
    });
  if (!packs) run(filter);
  else {
    runtime.scratch(panels * depth * 4 * TILE_COLUMNS, (packed) => {
      runtime.packPanels(filter, 4 * outChannels, packed, depth, outChannels);
      run(packed);
    });
  }
}

/** Pixels summed in registers before they join the gradient: enough to hide that, few enough to stay in cache. */
const PIXELS = { atLeast: 128, atMost: 512 };
/** From this many numbers per window on, copying the signals into contiguous panels is faster. */
const PACKING_WINDOW = 64;

/**
 * Sums products of windows with signals `[count, outHeight, outWidth, outChannels]` over images and windows:
 * the gradient of `correlate` with respect to its filter. The sums are added to `gradient`.
 */
export function correlateFilter(
  runtime: Runtime,
  images: Images,
  windows: Windows,
  signals: number,
  outChannels: number,
  gradient: number,
): void {
  const { channels, count } = images;
  const { kernelHeight, kernelWidth, dilationHeight, dilationWidth, outHeight, outWidth } = windows;
  const pixelBytes = 4 * channels;
  const tapBytes = 4 * channels * outChannels;
  const pixels = outHeight * outWidth;
  const together = Math.min(count, Math.max(1, Math.floor(PIXELS.atMost / Math.max(1, pixels))));
  const packs = kernelHeight * kernelWidth * channels >= PACKING_WINDOW && outChannels > TILE_COLUMNS;
  const packedBytes = packs ? Math.ceil(outChannels / TILE_COLUMNS) * together * pixels * 4 * TILE_COLUMNS : 0;
  // Without dilation the taps of one kernel row are neighbours in memory, in the images and in the gradient.
  const merged = dilationWidth === 1 || kernelWidth === 1;
  const parts = merged ? 1 : kernelWidth;
  runtime.scratch(packedBytes, (packed) =>
    eachGroup(
      runtime,
      images,
      windows,
      ({ corner, first, count: size, imageBytes, rowBytes }) => {
        for (let image = 0; image < size; image += together) {
          const depth = Math.min(together, size - image);
          const from = signals + (first + image) * pixels * 4 * outChannels;
          if (packs) runtime.packPanels(from, 4 * outChannels, packed, depth * pixels, outChannels);
          for (let part = 0; part < parts; part++) {
            runtime.contract({
              a: corner + image * imageBytes + part * dilationWidth * pixelBytes,
              aOuter1: 0,
              aOuter2: dilationHeight * rowBytes,
              aRow: 4,
              count1: depth,
              stride1: imageBytes,
              count2: outHeight,
              stride2: windows.strideHeight * rowBytes,
              count3: outWidth,
              stride3: windows.strideWidth * pixelBytes,
              b: packs ? packed : from,
              bOuter1: 0,
              bOuter2: 0,
              bRow: packs ? 4 * TILE_COLUMNS : 4 * outChannels,
              bPanel: packs ? depth * pixels * 4 * TILE_COLUMNS : 4 * TILE_COLUMNS,
              c: gradient + part * tapBytes,
              cOuter1: 0,
              cOuter2: kernelWidth * tapBytes,
              cRow: 4 * outChannels,
              rows: (merged ? kernelWidth : 1) * channels,
              columns: outChannels,
              outer1: 1,
              outer2: kernelHeight,
              accumulate: 1,
            });
          }
        }
      },
      Math.ceil(PIXELS.atLeast / Math.max(1, pixels)),
    ),
  );
}
