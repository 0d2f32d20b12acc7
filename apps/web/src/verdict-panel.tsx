import { computed, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Gauge } from "./figures/gauge.js";
import { driven, ended, failure, latest, phase, running, settings, step } from "./state/session.js";
import { compact, count, rate } from "./words/format.js";
import { Maths } from "./words/maths.js";
import { verdictOf } from "./words/verdict.js";

const verdict = computed(() => verdictOf(settings.value, latest.value, ended.value, driven.value === true));

const activity = computed(() => {
  if (failure.value !== undefined) return `stopped: ${failure.value}`;
  if (running.value) return "running";
  if (ended.value === "interpolated") return "at rest";
  if (ended.value === "diverged") return "diverged";
  return ended.value === "max-steps" ? "stopped: long enough" : "paused";
});

/** The answer: the ratio, what it means, and the gauge. */
export function VerdictPanel() {
  const { tone, headline, detail } = verdict.value;
  const now = latest.value;
  const shuffled = phase.value.sampling === "epoch-shuffle";
  return (
    <section class="verdict" aria-labelledby="verdict-title">
      <div class="answer">
        <p class="ratio">
          <span class="symbol">
            <i>η</i>/<i>η</i>*
          </span>
          <span class="number">{compact(now?.edgeRatio)}</span>
        </p>
        <div class="words">
          <h2 id="verdict-title" class={`headline ${tone}`}>
            {headline}
          </h2>
          <p>
            <Maths text={detail} />
          </p>
        </div>
      </div>
      <Gauge />
      <p class="status">
        <span>
          step <b>{count(step.value)}</b>
        </span>
        <span>
          loss <b>{compact(now?.loss)}</b>
        </span>
        <span>
          <i>η</i>* <b>{compact(now?.criticalLearningRate)}</b>
        </span>
        <span class="activity">{activity}</span>
      </p>
      {shuffled && (
        <p class="caution">
          No theorem covers shuffled epochs, whose batches depend on each other. The limits are those of batches without
          replacement, the nearest model.
        </p>
      )}
      <Announcer />
    </section>
  );
}

/** While it runs, a summary is read out at most this often, in seconds; what changes the verdict is, after a second. */
const PATIENCE = 8;
const announced = signal("");

function Announcer() {
  useEffect(() => {
    let said = "";
    let waited = PATIENCE;
    const clock = setInterval(() => {
      waited++;
      const topic = `${verdict.value.tone} ${activity.value} ${phase.value.learningRate} ${phase.value.batchSize}`;
      if (topic === said && (!running.value || waited < PATIENCE)) return;
      said = topic;
      waited = 0;
      announced.value = `${verdict.value.headline}, ${activity.value}, step ${count(step.value)}. Learning rate ${rate(phase.value.learningRate)} is ${compact(latest.value?.edgeRatio)} times the critical one, loss ${compact(latest.value?.loss)}.`;
    }, 1000);
    return () => clearInterval(clock);
  }, []);
  return (
    <p class="unseen" role="status" aria-live="polite">
      {announced}
    </p>
  );
}
