import { claimNamed, judgeBound, type Claim, type Finished } from "@sgdscope/experiments";
import { alignmentFigure, boundFigure, edgeFigure } from "@sgdscope/figures";

const bound = claimNamed("bound") as Claim as unknown as Claim<"training">;
const recordsOf = (finished: readonly Finished<"training">[]) => finished.flatMap(({ records }) => records);

/** The claim `bound` as `sgdscope quickstart` tries it: one network on images, judged and drawn as in its report. */
export const quickstart: Claim<"training"> = {
  ...bound,
  judge: (finished) => judgeBound(recordsOf(finished)),
  figures(finished, canvas) {
    const records = recordsOf(finished);
    return [
      {
        name: "edge",
        title: "Where SGD stops",
        caption:
          "One mark per run: η over the exact critical learning rate of the minimum where it stopped. Runs that start beyond the edge are driven to 1; one with a smaller η may stop anywhere below. Filled marks interpolate; hollow ones had not reached a minimum, where the theory does not speak yet.",
        svg: edgeFigure(records, canvas),
      },
      {
        name: "bound",
        title: "‖H‖_F where SGD stopped, against √B/η",
        caption:
          "The line is what the paper's bound would be with μ = 1, drawn before the data: a heuristic, for the theorem needs inf μ. Gradient descent (B = n) has no noise and so no such bound: only λ_max ≤ 2/η limits it.",
        svg: boundFigure(records, canvas),
      },
      ...[...new Set(records.map(({ model }) => model))].map((model) => ({
        name: "alignment",
        title: `The alignment of noise and curvature along training: ${model}`,
        caption: "μ = Tr(ΣG)/(2L‖G‖²_F), exact, against the loss reached so far.",
        svg: alignmentFigure(
          records.filter((record) => record.model === model),
          canvas,
        ),
      })),
    ];
  },
};
