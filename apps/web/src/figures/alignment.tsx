import { driven, history, phase, settings } from "../state/session.js";
import { parametersOf } from "../state/settings.js";
import { claimsOf } from "../words/claims.js";
import { compact, count } from "../words/format.js";
import { base, course } from "./base.js";
import { Figure } from "./figure.js";
import { logRange } from "./scale.js";
import type { FigureData } from "./spec.js";

const guides: FigureData["guides"] = [{ role: "prediction", label: "μ = 1", level: () => 1 }];

/** The alignment factor along the run. */
export function AlignmentFigure() {
  const factors = history.value.map(({ alignmentFactor }) => alignmentFactor);
  const { problem } = settings.value;
  const parameters = parametersOf(problem);
  const uncentred = phase.value.sampling === "bernoulli";
  const data: FigureData = {
    ...base(),
    lines: [{ role: "data", name: uncentred ? "μ₁" : "μ", values: factors }],
    guides,
    range: logRange(factors, [0.2, 5]),
    shade: undefined,
  };
  return (
    <Figure
      id="alignment"
      claim={claimsOf(settings.value, { driven: driven.value, factors }).alignment}
      data={data}
      description={`Alignment factor of the noise, logarithmic. Predicted: 1. ${course("The alignment factor", factors)}`}
      keys={[
        <>
          <i>μ</i>
          {uncentred && <sub>1</sub>} = Tr(Σ<i>H</i>)/(2<i>L</i>‖<i>H</i>‖<sub>F</sub>²)
        </>,
      ]}
    >
      <i>μ</i> = 1: noise in proportion to the loss and shaped like the curvature. As much noise without direction, in{" "}
      {count(parameters)} parameters, would give at most {compact(Math.min(1, problem.examples / parameters))}.
    </Figure>
  );
}
