import { changePhase, phase, restart, run, settings } from "../state/session.js";
import { clamp, defaults, learningRates } from "../state/settings.js";

/** Starts a run; the reader's choice of speed stays, unless the model becomes another. */
function begin(next: ReturnType<typeof defaults>): void {
  const { problem, speed } = settings.value;
  restart(problem.model === next.problem.model ? { ...next, speed } : next);
  run();
}

function gradientDescent(): void {
  const { problem, phases, speed } = defaults();
  begin({ problem, phases: [{ ...phases[0], batchSize: problem.examples }], speed });
}

function scaleRate(factor: number): void {
  const range = learningRates[settings.value.problem.model];
  changePhase({ learningRate: clamp(Number((phase.value.learningRate * factor).toPrecision(3)), range) }, true);
}

/** Small experiments, each one press away. */
export function Tour() {
  return (
    <section class="tour" aria-labelledby="tour-title">
      <h2 id="tour-title">Try</h2>
      <ol>
        <li>
          <button type="button" onClick={() => begin(defaults())}>
            Train by SGD
          </button>{" "}
          from a sharp start: it rests at the edge, <i>η</i>/<i>η</i>* ≈ 1.
        </li>
        <li>
          <button type="button" onClick={gradientDescent}>
            Train by gradient descent
          </button>{" "}
          from the same start at the same <i>η</i>: it stays where it is sharp.
        </li>
        <li>
          <button type="button" onClick={() => changePhase({ batchSize: 1 }, true)}>
            Now one example a step
          </button>{" "}
          The noise alone drives it out of that minimum, into a flatter one.
        </li>
        <li>
          <button type="button" onClick={() => scaleRate(2)}>
            Double <i>η</i>
          </button>{" "}
          or{" "}
          <button type="button" onClick={() => scaleRate(0.5)}>
            halve <i>η</i>
          </button>{" "}
          and see whether it must leave.
        </li>
        <li>
          <button type="button" onClick={() => begin(defaults("random-features"))}>
            Take random features
          </button>{" "}
          whose curvature cannot change: above <i>η</i>* there is nowhere to go.
        </li>
      </ol>
    </section>
  );
}
