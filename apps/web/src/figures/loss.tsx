import { driven, history, settings } from "../state/session.js";
import { claimsOf } from "../words/claims.js";
import { base, course } from "./base.js";
import { Figure } from "./figure.js";
import { logRange } from "./scale.js";
import type { FigureData } from "./spec.js";

const guides: FigureData["guides"] = [{ role: "context", label: "L = 10⁻⁸", level: () => 1e-8 }];

/** The loss along the run, with the steps tinted at which SGD could not stay. */
export function LossFigure() {
  const points = history.value;
  const losses = points.map(({ loss }) => loss);
  const data: FigureData = {
    ...base(),
    lines: [{ role: "data", name: "loss", values: losses }],
    guides,
    range: logRange(losses, [1e-10, 100]),
    shade: { at: points.map(({ edgeRatio }) => edgeRatio > 1) },
  };
  return (
    <Figure
      id="loss"
      claim={claimsOf(settings.value, { driven: driven.value, factors: [] }).loss}
      data={data}
      description={`Loss, logarithmic, with the level at which a run counts as interpolated. ${course("The loss", losses)}`}
      keys={[
        <>
          <i>L</i> = (1/2<i>n</i>) Σ <i>r</i>
          <sub>
            <i>i</i>
          </sub>
          ²
        </>,
      ]}
    >
      Below the dotted level the run counts as settled. Tinted: steps at which <i>η</i> is above <i>η</i>*. A straight
      line upwards is exponential escape.
    </Figure>
  );
}
