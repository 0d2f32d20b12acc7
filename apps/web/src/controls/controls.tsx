import { samplings, type Sampling } from "@sgdscope/random";
import { changePhase, changeProblem, phase, restart, run, settings } from "../state/session.js";
import { defaults, learningRates, models, ranges, type ModelKind } from "../state/settings.js";
import { count, rate } from "../words/format.js";
import { Slider } from "./slider.js";

const modelNames: Readonly<Record<ModelKind, string>> = {
  "two-layer-relu": "Two-layer network",
  "random-features": "Random features",
};
const samplingNames: Readonly<Record<Sampling, string>> = {
  "without-replacement": "without replacement",
  "with-replacement": "with replacement",
  bernoulli: "each with probability B/n",
  "epoch-shuffle": "shuffled epochs",
};

/** Where there is room the problem is open from the start; on a phone the figures come first. */
const wide = matchMedia("(min-width: 62rem)").matches;

/** How SGD steps: these take effect at once, at the current parameters. */
export function StepControls() {
  const { learningRate, batchSize, sampling } = phase.value;
  const { model, examples } = settings.value.problem;
  return (
    <fieldset>
      <legend>Change while it runs</legend>
      <Slider
        id="eta"
        label={
          <>
            Learning rate <i>η</i>
          </>
        }
        value={learningRate}
        {...learningRates[model]}
        decade={40}
        show={rate}
        onChange={(value) => changePhase({ learningRate: value })}
      />
      <Slider
        id="batch"
        label={
          <>
            Batch size <i>B</i>
          </>
        }
        value={batchSize}
        smallest={1}
        largest={examples}
        show={(value) => `${value} of ${examples}`}
        onChange={(value) => changePhase({ batchSize: value })}
      />
      <div class="control">
        <label for="sampling">Batches</label>
        <select
          id="sampling"
          value={sampling}
          onChange={(event) => changePhase({ sampling: event.currentTarget.value as Sampling })}
        >
          {samplings.map((name) => (
            <option key={name} value={name}>
              {samplingNames[name]}
            </option>
          ))}
        </select>
      </div>
    </fieldset>
  );
}

/** What is trained: these start over. */
export function ProblemControls() {
  const { model, examples, inputs, width, seed } = settings.value.problem;
  return (
    <details class="problem" open={wide}>
      <summary>Change and start over</summary>
      <div class="control">
        <label for="model">Model</label>
        <select
          id="model"
          value={model}
          onChange={(event) => {
            restart(defaults(event.currentTarget.value as ModelKind));
            run();
          }}
        >
          {models.map((name) => (
            <option key={name} value={name}>
              {modelNames[name]}
            </option>
          ))}
        </select>
      </div>
      <Slider
        id="examples"
        label={
          <>
            Examples <i>n</i>
          </>
        }
        value={examples}
        {...ranges.examples}
        show={count}
        onChange={(value) => changeProblem({ examples: value })}
      />
      <Slider
        id="width"
        label={
          <>
            {model === "two-layer-relu" ? "Neurons" : "Features"} <i>m</i>
          </>
        }
        value={width}
        {...ranges.width}
        show={count}
        onChange={(value) => changeProblem({ width: value })}
      />
      <Slider
        id="inputs"
        label={
          <>
            Inputs <i>d</i>
          </>
        }
        value={inputs}
        {...ranges.inputs}
        show={count}
        onChange={(value) => changeProblem({ inputs: value })}
      />
      <div class="control">
        <label for="seed">Seed</label>
        <input
          id="seed"
          type="number"
          inputMode="numeric"
          min={ranges.seed.smallest}
          max={ranges.seed.largest}
          step={1}
          value={seed}
          onChange={(event) => {
            const { value, validity } = event.currentTarget;
            if (value !== "" && validity.valid) changeProblem({ seed: Number(value) });
          }}
        />
      </div>
    </details>
  );
}
