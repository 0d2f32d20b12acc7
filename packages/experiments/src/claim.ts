import type { Canvas } from "@sgdscope/figures";
import type { Acceptance } from "./judge.js";
import type { StudyKind, StudyRecords, StudyTasks } from "./study/studies.js";
import type { ImageSource } from "@sgdscope/training";

/** How much is spent: seconds for a test, about a minute of one core, or as long as it takes. */
export type Preset = "test" | "fast" | "full";

/** What a claim is tried on. */
export interface Scope {
  preset: Preset;
  /** Where networks find their images. */
  images: ImageSource;
  /** The first seed; a claim that takes several counts up from it. */
  seed: number;
}

/** One independent piece of a claim: plain JSON, so it travels to a worker and into a file, and what it is there for. */
export interface Job<K extends StudyKind = StudyKind> {
  /** Its place in the claim, such as "width"; records of equal tasks are shared between roles and claims. */
  role: string;
  task: StudyTasks[K];
}

/** A job that is done. */
export interface Finished<K extends StudyKind = StudyKind> extends Job<K> {
  records: StudyRecords[K][];
}

/** A drawing with its claim as its title. */
export interface Figure {
  /** For the name of a file: lower case and hyphens. */
  name: string;
  title: string;
  caption: string;
  svg: SVGSVGElement;
}

/** Rows of text; numbers are formatted already. */
export interface Table {
  title: string;
  headings: string[];
  rows: string[][];
  /** Of the columns; the others hold numbers and stand right. */
  left: number[];
}

/**
 * A claim about SGD: what is said, by whom, the jobs that try it, the bands that judge it and the figures that show it.
 *
 * The command line, a page and a test run the same one, with another preset.
 */
export interface Claim<K extends StudyKind = StudyKind> {
  /** One word, for the command line. */
  name: string;
  title: string;
  /** In a sentence. */
  statement: string;
  /** Paper, equation, figure; and what of it is derived here or recalled. */
  source: string;
  /** How it is tried, in a few sentences. */
  method: string;
  study: K;
  jobs(scope: Scope): Job<K>[];
  /** One acceptance per statement; jobs that failed to end are not judged. */
  judge(finished: readonly Finished<K>[]): Acceptance[];
  figures(finished: readonly Finished<K>[], canvas: Canvas): Figure[];
  table(finished: readonly Finished<K>[]): Table;
}
