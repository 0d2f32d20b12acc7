import { driven, history, settings } from "../state/session.js";
import { claimsOf } from "../words/claims.js";
import { compact } from "../words/format.js";
import { base, course } from "./base.js";
import { Figure } from "./figure.js";
import { logRange } from "./scale.js";
import type { FigureData } from "./spec.js";

const guides: FigureData["guides"] = [{ role: "prediction", label: "η = η*", level: () => 1 }];

/** η/η* along the run, with the limit 1. */
export function RatioFigure() {
  const ratios = history.value.map(({ edgeRatio }) => edgeRatio);
  const data: FigureData = {
    ...base(),
    lines: [{ role: "data", name: "η/η*", values: ratios }],
    guides,
    range: logRange(ratios, [0.4, 12]),
    shade: { above: 1 },
  };
  return (
    <Figure
      id="ratio"
      claim={claimsOf(settings.value, { driven: driven.value, factors: [] }).ratio}
      data={data}
      description={`Learning rate over critical learning rate, logarithmic. Predicted limit: 1; above it SGD cannot stay. ${course("η/η*", ratios)}`}
      keys={[
        <>
          <i>η</i>/<i>η</i>*, exact
        </>,
      ]}
    >
      Tinted: above the limit, where the expected loss of SGD near this point grows. Now <i>η</i>* ={" "}
      {compact(history.value.at(-1)?.criticalLearningRate)}.
    </Figure>
  );
}
