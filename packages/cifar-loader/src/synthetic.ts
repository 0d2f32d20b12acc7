import { createDataset, type DatasetOptions } from "./create-dataset.js";
import type { ImageDataset } from "./dataset.js";
import { CifarError } from "./errors.js";
import { toRandom, type Randomness } from "./random.js";
import { VALUES, type Records } from "./records.js";

/** What to draw. */
export interface SyntheticOptions extends Pick<DatasetOptions, "targets" | "scaling"> {
  /** How many images; classes take turns, so that each has as many, up to one. Default 1000. */
  count?: number | undefined;
  /** How many classes, from 2 to 10. Default 2. */
  classes?: number | undefined;
  /** Default seed 0. */
  random?: Randomness | undefined;
}

const SIDE = 32;

/**
 * A procedural look-alike of CIFAR-10, made here and now: no data, no download.
 *
 * An image is a soft-edged striped object on a cloudy background. The class is in the direction and fineness of the stripes and,
 * faintly, in the object's colour and the side the light comes from; phase, place, size, contrast, clouds and brightness are random.
 * Constants were tuned so that mean (0.49), deviation (0.25), power by frequency, correlation of channels, and the accuracy of
 * nearest class mean (0.74 for two classes) and of a linear fit (0.88) come near those of airplane and automobile in CIFAR-10.
 * It is still no model of natural images: an accuracy on it says nothing about CIFAR-10.
 *
 * The first images of a longer draw with the same seed are those of a shorter one. Cost: about 0.3 ms and 12 kB an image.
 *
 * @returns Examples in the order of drawing, classes 0, 1, …, C − 1, 0, 1, …
 * @throws CifarError INVALID_ARGUMENT.
 */
export function syntheticLookalike(options: SyntheticOptions = {}): ImageDataset {
  const { count = 1000, classes = 2, random = 0, ...rest } = options;
  if (!Number.isInteger(count) || count < 1)
    throw new CifarError(
      "INVALID_ARGUMENT",
      `syntheticLookalike: expected count to be a positive integer, got ${count}`,
    );
  if (!Number.isInteger(classes) || classes < 2 || classes > 10)
    throw new CifarError("INVALID_ARGUMENT", `syntheticLookalike: expected classes from 2 to 10, got ${classes}`);
  const names = Array.from({ length: classes }, (_, i) => `stripes-${Math.round((180 * i) / classes)}`);
  return createDataset(draw(count, classes, toRandom(random)), rest, {
    name: "synthetic-lookalike",
    classNames: names,
    provenance: {
      what: `synthetic look-alike: ${count} generated images of ${classes} classes${typeof random === "number" ? `, seed ${random}` : ""}`,
      files: [],
      complete: true,
      steps: [],
    },
  });
}

function draw(count: number, classes: number, random: () => number): Records {
  const pixels = new Uint8Array(count * VALUES);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % classes);
  const image = new Float64Array(VALUES);
  for (let i = 0; i < count; i++) {
    paintBackground(image, random);
    paintLight(image, labels[i]!, classes, random);
    paintObject(image, labels[i]!, classes, random);
    for (let j = 0; j < VALUES; j++) pixels[i * VALUES + j] = Math.min(255, Math.max(0, Math.round(image[j]!)));
  }
  return { count, pixels, labels };
}

/** A uniform number of mean 0 and standard deviation 1. */
const centred = (random: () => number): number => (2 * random() - 1) * Math.sqrt(3);

/** Light, a colour cast, and clouds: octaves of value noise, each at half the scale and about half the amplitude of the one before. */
function paintBackground(image: Float64Array, random: () => number): void {
  const light = 122 + 30 * centred(random);
  const cast = [4 + 10 * centred(random), 1 + 5 * centred(random), -5 + 10 * centred(random)];
  for (let i = 0; i < VALUES; i++) image[i] = light + cast[i % 3]!;
  for (let cells = 1, amplitude = 66; cells <= 16; cells *= 2, amplitude /= 1.9)
    addClouds(image, cells, amplitude, random);
}

/** Random values at the corners of `cells`² cells, bilinear between them; channels share most of them. */
function addClouds(image: Float64Array, cells: number, amplitude: number, random: () => number): void {
  const width = cells + 1;
  const values = new Float64Array(3 * width * width);
  for (let i = 0; i < values.length; i += 3) {
    const common = centred(random);
    for (let c = 0; c < 3; c++) values[i + c] = amplitude * (common + 0.5 * centred(random));
  }
  for (let y = 0, i = 0; y < SIDE; y++) {
    const row = Math.floor((y * cells) / SIDE);
    const down = (y * cells) / SIDE - row;
    for (let x = 0; x < SIDE; x++) {
      const column = Math.floor((x * cells) / SIDE);
      const right = (x * cells) / SIDE - column;
      const at = 3 * (row * width + column);
      const below = at + 3 * width;
      for (let c = 0; c < 3; c++, i++)
        image[i]! +=
          (values[at + c]! * (1 - right) + values[at + 3 + c]! * right) * (1 - down) +
          (values[below + c]! * (1 - right) + values[below + 3 + c]! * right) * down;
    }
  }
}

/** A slope of light that tends to one side, another for each class. */
function paintLight(image: Float64Array, label: number, classes: number, random: () => number): void {
  const slope = 24 + 30 * centred(random);
  const angle = (2 * Math.PI * (label + 0.25)) / classes;
  const [right, down] = [(slope * Math.cos(angle)) / 16, (slope * Math.sin(angle)) / 16];
  for (let y = 0, i = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) for (let c = 0; c < 3; c++, i++) image[i]! += right * (x - 15.5) + down * (y - 15.5);
}

/** Stripes under a soft window, with a tint of the class. */
function paintObject(image: Float64Array, label: number, classes: number, random: () => number): void {
  const angle = (Math.PI * (label + 0.25 * centred(random))) / classes;
  const cycles = 2.5 + (1.5 * ((label * 3) % classes)) / (classes - 1) + 0.2 * centred(random);
  const phase = 2 * Math.PI * random();
  const contrast = 50 + 13 * centred(random);
  const radius = 11 + 2 * centred(random);
  const [centreX, centreY] = [15.5 + 2.5 * centred(random), 15.5 + 2.5 * centred(random)];
  const hue = (2 * Math.PI * (label + 0.5)) / classes;
  const strength = 28 + 24 * centred(random);
  const tint = [0, 1, 2].map((c) => strength * Math.cos(hue - (2 * Math.PI * c) / 3));
  const [kx, ky] = [Math.cos(angle), Math.sin(angle)].map((part) => (2 * Math.PI * cycles * part) / SIDE) as [
    number,
    number,
  ];
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const [dx, dy] = [x - centreX, y - centreY];
      const inside = 1 - (dx * dx + dy * dy) / (radius * radius);
      if (inside <= 0) continue;
      const window = inside * inside;
      const stripes = contrast * Math.cos(kx * dx + ky * dy + phase);
      for (let c = 0; c < 3; c++) image[3 * (SIDE * y + x) + c]! += window * (stripes + tint[c]!);
    }
}
