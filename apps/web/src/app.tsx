import { ProblemControls, StepControls } from "./controls/controls.js";
import { Share } from "./controls/share.js";
import { Tour } from "./controls/tour.js";
import { Transport } from "./controls/transport.js";
import { AlignmentFigure } from "./figures/alignment.js";
import { CurvatureFigure } from "./figures/curvature.js";
import { LossFigure } from "./figures/loss.js";
import { RatioFigure } from "./figures/ratio.js";
import { DropZone } from "./drop-zone.js";
import { Reading } from "./reading.js";
import { notice, openElsewhere, settings, trouble } from "./state/session.js";
import { Trouble } from "./trouble.js";
import { VerdictPanel } from "./verdict-panel.js";

const take = (files: FileList): void => void openElsewhere(files);

/** The page, from the sentence to the derivation. */
export function App() {
  const network = settings.value.problem.model === "two-layer-relu";
  return (
    <>
      <header class="opening">
        <p class="kicker">sgdscope</p>
        <h1>Why SGD prefers flat minima — live</h1>
        <p class="lead">
          {network ? "A small ReLU network" : "A random-feature model"} is trained in this page, one step after another,
          by stochastic gradient descent. At every point there is an exact answer to the question whether SGD could stay
          there: the critical learning rate <i>η</i>*.{" "}
          {network ? (
            <>
              Where the loss curves too much, <i>η</i> exceeds it, and SGD has to leave.
            </>
          ) : (
            <>
              This model curves the same everywhere: when <i>η</i> exceeds it, there is nowhere to go.
            </>
          )}
        </p>
      </header>
      <Trouble what={trouble} />
      <Trouble what={notice} />
      <main>
        <aside class="panel" aria-label="Controls">
          <Transport />
          <StepControls />
          <ProblemControls />
          <Share />
        </aside>
        <div class="stage">
          <VerdictPanel />
          <section class="figures" aria-label="Figures">
            <RatioFigure />
            <CurvatureFigure />
            <LossFigure />
            <AlignmentFigure />
          </section>
          <Tour />
        </div>
      </main>
      <Reading />
      <DropZone take={take} />
    </>
  );
}
