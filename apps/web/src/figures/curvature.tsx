import { driven, history, settings } from "../state/session.js";
import { lastPhase, type Phase } from "../state/settings.js";
import { factorOf } from "../study/measure.js";
import { claimsOf } from "../words/claims.js";
import { base, course } from "./base.js";
import { Figure } from "./figure.js";
import { logRange } from "./scale.js";
import type { FigureData } from "./spec.js";

/** ‖H‖_F along the run beside the bound of the alignment theorem with the measured μ, a heuristic, and what gradient descent would allow. */
export function CurvatureFigure() {
  const { problem, phases } = settings.value;
  const points = history.value;
  const norms = points.map(({ frobeniusG }) => frobeniusG);
  const bounds = points.map(({ frobeniusLimit }) => frobeniusLimit);
  const largest = points.map(({ largestEigenvalue }) => largestEigenvalue);
  const predicted = (phase: Phase): number => 1 / (phase.learningRate * Math.sqrt(factorOf(problem.examples, phase)));
  const sharpest = (phase: Phase): number => 2 / phase.learningRate;
  const { batchSize, sampling } = lastPhase(phases);
  const exact = batchSize === 1 || sampling === "with-replacement";
  const guides: FigureData["guides"] = [
    { role: "prediction", label: exact ? "√B/η" : "1/(η√p)", level: predicted },
    { role: "context", label: "2/η", level: sharpest },
  ];
  const levels = phases.flatMap((phase) => [predicted(phase), sharpest(phase)]);
  const quietest = Math.min(...levels);
  const data: FigureData = {
    ...base(),
    lines: [
      { role: "data", name: "‖H‖_F", values: norms },
      { role: "prediction", name: "heuristic limit", values: bounds },
      { role: "context", name: "λ_max", values: largest },
    ],
    guides,
    range: logRange([...levels, ...norms, ...bounds, ...largest], [quietest / 4, quietest * 4]),
    shade: undefined,
  };
  return (
    <Figure
      id="curvature"
      claim={claimsOf(settings.value, { driven: driven.value, factors: [] }).curvature}
      data={data}
      description={`Curvature, logarithmic. Predicted limit of the Frobenius norm of H with alignment 1, a heuristic, and the limit 2/η of gradient descent on the largest eigenvalue. ${course("The Frobenius norm", norms)} ${course("The largest eigenvalue", largest)}`}
      keys={[
        <>
          ‖<i>H</i>‖<sub>F</sub>
        </>,
        exact ? (
          <>
            heuristic √(<i>B</i>/<i>μ</i>)/<i>η</i>
          </>
        ) : (
          <>
            heuristic 1/(<i>η</i>√(<i>pμ</i>))
          </>
        ),
        <>
          <i>λ</i>
          <sub>max</sub>(<i>H</i>)
        </>,
      ]}
    >
      Dashed: the bound of Wu, Wang and Su with <i>μ</i> = 1, there before the run; beside it, the same with the
      measured <i>μ</i> of each moment. Both are heuristics: the theorem needs the least <i>μ</i> of all residuals.
      Dotted: 2/<i>η</i>, all that gradient descent asks of <i>λ</i>
      <sub>max</sub>.
    </Figure>
  );
}
