import type { Claim } from "@sgdscope/experiments";
import { attempt, cancel, failures, outcomes, trial } from "./session.js";
import { OutcomeView } from "./outcome-view.js";

/** One claim: what is said, by whom, a button, and what came of it. */
export function ClaimCard({ claim }: { claim: Claim }) {
  const { name, title, statement, source, method } = claim;
  const outcome = outcomes.value[name];
  const failure = failures.value[name];
  const own = trial.value?.name === name ? trial.value : undefined;
  return (
    <article class="claim" id={name} aria-labelledby={`${name}-title`}>
      <h2 id={`${name}-title`}>{title}</h2>
      <p class="statement">{statement}</p>
      <p class="source">{source}</p>
      <details>
        <summary>How it is tried</summary>
        <p>{method}</p>
      </details>
      <div class="buttons">
        {own === undefined ? (
          <button type="button" onClick={() => void attempt(claim)}>
            {outcome === undefined ? "Try it" : "Try it again"}
            <span class="unseen">: {title}</span>
          </button>
        ) : (
          <button type="button" onClick={cancel}>
            Cancel
          </button>
        )}
      </div>
      {own !== undefined && (
        <div class="progress">
          <progress max={1} value={own.fraction} aria-label={`Trying: ${title}`} />
          <p>
            {own.jobs > 0 && `run ${own.done + 1} of ${own.jobs} · `}
            {own.message}
          </p>
        </div>
      )}
      <p role="alert" class="failure">
        {failure !== undefined && `It failed: ${failure}`}
      </p>
      {outcome !== undefined && <OutcomeView name={name} outcome={outcome} />}
    </article>
  );
}
