import { batch, computed, signal } from "@preact/signals";
import type { StopReason } from "@sgdscope/sgd";
import { chosen } from "../claims/file.js";
import { openDesk } from "../desk.js";
import { handOver } from "../hand-over.js";
import type { Desk } from "../study.worker.js";
import type { Measurement } from "../study/measure.js";
import type { Progress } from "../study/study.js";
import { appended } from "./history.js";
import { lastPhase, mostChanges, phaseAt, withPhase, type Phase, type Problem, type Settings } from "./settings.js";
import { encodeSettings, fitted, readLink } from "./url.js";

// The page's state, and the only code that talks to the worker.

const opened = readLink(location.hash);
export const settings = signal<Settings>(opened.settings);
/** What of a link, or of a change, was not taken. */
export const notice = signal<string | undefined>(opened.note);
export const history = signal<readonly Measurement[]>([]);
export const step = signal(0);
export const running = signal(false);
/** Whether η was above η* at any step of this run; undefined before the first measurement. */
export const driven = signal<boolean | undefined>(undefined);
export const ended = signal<StopReason | undefined>(undefined);
/** What went wrong in the worker, if something did. */
export const failure = signal<string | undefined>(undefined);

/** Why nothing can be computed, if nothing can. */
export const trouble = signal<string | undefined>(undefined);

export const latest = computed(() => history.value.at(-1));
/** The phase in force: while a link's changes are replayed not yet the last. */
export const phase = computed(() => phaseAt(settings.value.phases, step.value));

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const desk = openDesk<Desk>(
  () => new Worker(new URL("../study.worker.ts", import.meta.url), { type: "module" }),
  (what) => (trouble.value = what),
);
/** Calls to the worker one after the other; each restart makes the answers of older ones void. */
let queue: Promise<unknown> = Promise.resolve();
let generation = 0;
/** The phases that the worker has. */
let confirmed = settings.value.phases;

function ask(call: () => Promise<Progress>, show = true): Promise<void> {
  const mine = generation;
  const answer = queue.then(async () => {
    if (mine !== generation) return;
    const progress = await call();
    if (mine === generation) take(progress, show);
  });
  queue = answer.catch((error: unknown) => {
    batch(() => {
      failure.value = error instanceof Error ? error.message : String(error);
      running.value = false;
    });
  });
  return queue as Promise<void>;
}

let hidden: Measurement[] = [];

function take(progress: Progress, show: boolean): void {
  hidden.push(...progress.measurements);
  batch(() => {
    step.value = progress.step;
    if (progress.measurements.length > 0)
      driven.value = driven.value === true || progress.measurements.some(({ edgeRatio }) => edgeRatio > 1);
    ended.value = progress.ended;
    if (progress.ended !== undefined) running.value = false;
    if (!show && running.value) return;
    history.value = appended(history.value, hidden);
    hidden = [];
  });
}

/** Starts over: phases of the past are forgotten unless a link brings them. */
export function restart(next: Settings): void {
  generation++;
  hidden = [];
  confirmed = next.phases;
  batch(() => {
    settings.value = next;
    history.value = [];
    step.value = 0;
    ended.value = undefined;
    driven.value = undefined;
    failure.value = undefined;
  });
  remember();
  const { problem, phases } = next;
  void ask(() => desk.ask((remote) => remote.start({ problem, phases })));
}

/** Back to step 0 with the learning rate and batch size that are set now. */
export function reset(): void {
  const { problem, phases, speed } = settings.value;
  running.value = false;
  notice.value = undefined;
  restart({ problem, phases: [{ ...lastPhase(phases), from: 0 }], speed });
}

/** Another problem needs another start; a run that was under way goes on with it. */
export function changeProblem(change: Partial<Problem>): void {
  const problem = { ...settings.value.problem, ...change };
  restart({ ...settings.value, problem, phases: [{ ...fitted(problem, lastPhase(settings.value.phases)), from: 0 }] });
}

/** Another learning rate, batch size or sampling takes over at the current parameters; a run at rest, or one told to, wakes up. */
export function changePhase(change: Partial<Omit<Phase, "from">>, wake = ended.value === "interpolated"): void {
  const next = fitted(settings.value.problem, { ...phase.value, ...change, from: step.value });
  if (ended.value === "diverged") {
    // There is nothing left to go on from.
    restart({ ...settings.value, phases: [{ ...next, from: 0 }] });
    if (wake) run();
    return;
  }
  if (confirmed.length > mostChanges) {
    notice.value = `This run has had ${mostChanges} changes, as many as a link replays. Reset to go on.`;
    return;
  }
  settings.value = { ...settings.value, phases: withPhase(confirmed, next) };
  void ask(async () => {
    const progress = await desk.ask((remote) => remote.change(next));
    // The worker may have been ahead of the page: its step is the one that the link must hold.
    confirmed = withPhase(confirmed, { ...next, from: progress.step });
    settings.value = { ...settings.value, phases: confirmed };
    remember();
    return progress;
  }).then(() => {
    if (wake) run();
  });
}

export function changeSpeed(speed: number): void {
  settings.value = { ...settings.value, speed };
  remember();
}

export function pause(): void {
  running.value = false;
}

export function run(): void {
  if (running.value) return;
  if (ended.value !== undefined) restart(settings.value);
  running.value = true;
  void loop(++loops);
}

/** A report belongs to the page of claims: that page opens it. */
export async function openElsewhere(files: FileList): Promise<void> {
  const file = chosen(files);
  if (typeof file === "string") {
    notice.value = `Not opened: ${file}`;
    return;
  }
  try {
    await handOver(file, "./claims.html");
  } catch {
    notice.value = `${file.name} cannot be handed to the page of claims, because this browser keeps no files: drop it there.`;
  }
}

/** Takes some steps by hand. */
export function advance(steps: number): void {
  running.value = false;
  void ask(() => desk.ask((remote) => remote.advance(steps, Infinity)));
}

const nextFrame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
/** Milliseconds between two pictures, and the most that one answer of the worker may take. */
const PICTURE = 50;

/** How often the run was set going: a loop that is not the latest ends. */
let loops = 0;

async function loop(mine: number): Promise<void> {
  let before = await nextFrame();
  let owed = 0;
  while (running.value && mine === loops) {
    const now = await nextFrame();
    if (now - before < PICTURE) continue;
    const { speed } = settings.value;
    owed = calm.matches ? Infinity : Math.min(owed + (speed * (now - before)) / 1000, speed / 2);
    before = now;
    const steps = Math.min(Math.floor(owed), 20_000);
    if (steps < 1) continue;
    owed -= steps;
    await ask(() => desk.ask((remote) => remote.advance(steps, calm.matches ? 500 : PICTURE)), !calm.matches);
  }
  // With reduced motion nothing was drawn on the way.
  history.value = appended(history.value, hidden);
  hidden = [];
}

/** The address follows the settings; it is written without an entry in the browser's history. */
function remember(): void {
  window.history.replaceState(null, "", `#${encodeSettings(settings.value)}`);
}

/** Reads the address, starts, and follows later changes of the address made by links and by hand. */
export function open(): void {
  restart(settings.value);
  run();
  addEventListener("hashchange", () => {
    const link = readLink(location.hash);
    restart(link.settings);
    notice.value = link.note;
    run();
  });
}
