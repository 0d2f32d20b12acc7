import type uPlot from "uplot";
import { colour, dashes, type FigureData, type Role } from "./spec.js";
import type { Theme } from "./theme.js";

/** What uPlot does not draw itself: regions, predictions and their names, changes, and the shapes at the ends of lines. */

const x = (u: uPlot, step: number): number => u.valToPos(step, "x", true);
const y = (u: uPlot, value: number): number => u.valToPos(value, "y", true);

/** Runs `paint` with the plotting area as clip and CSS pixels as unit of line widths. */
function within(u: uPlot, paint: (context: CanvasRenderingContext2D, ratio: number) => void): void {
  const { left, top, width, height } = u.bbox;
  u.ctx.save();
  u.ctx.beginPath();
  u.ctx.rect(left, top, width, height);
  u.ctx.clip();
  paint(u.ctx, devicePixelRatio);
  u.ctx.restore();
}

/** The tinted region where SGD cannot stay. */
export function drawShade(u: uPlot, { shade, steps }: FigureData, theme: Theme): void {
  if (shade === undefined) return;
  within(u, (context) => {
    const { left, top, width, height } = u.bbox;
    context.fillStyle = theme.unstable;
    if ("above" in shade) {
      context.fillRect(left, top, width, y(u, shade.above) - top);
      return;
    }
    for (let k = 0; k < steps.length; k++) {
      if (shade.at[k] !== true) continue;
      const from = k;
      while (shade.at[k + 1] === true) k++;
      const start = x(u, steps[from]!);
      context.fillRect(start, top, x(u, steps[Math.min(k + 1, steps.length - 1)]!) - start, height);
    }
  });
}

/** Predictions over the whole width, the run's changes, and the names of the lines. */
export function drawGuides(u: uPlot, { guides, phases, horizon }: FigureData, theme: Theme): void {
  within(u, (context, ratio) => {
    context.lineWidth = ratio;
    context.strokeStyle = theme.grid;
    for (const { from } of phases.slice(1)) {
      context.beginPath();
      context.moveTo(x(u, from), u.bbox.top);
      context.lineTo(x(u, from), u.bbox.top + u.bbox.height);
      context.stroke();
    }
    for (const { role, label, level } of guides) {
      context.strokeStyle = colour(role, theme);
      context.lineWidth = 1.5 * ratio;
      context.setLineDash(dashes[role].map((length) => length * ratio));
      context.beginPath();
      let drawn = false;
      phases.forEach((phase, k) => {
        const value = level(phase);
        if (value === undefined || !Number.isFinite(value)) {
          drawn = false;
          return;
        }
        const height = y(u, value);
        if (drawn) context.lineTo(x(u, phase.from), height);
        else context.moveTo(x(u, phase.from), height);
        context.lineTo(x(u, phases[k + 1]?.from ?? horizon), height);
        drawn = true;
      });
      context.stroke();
      const last = level(phases.at(-1)!);
      if (last === undefined || !Number.isFinite(last)) continue;
      context.fillStyle = colour(role, theme);
      context.font = `500 ${12 * ratio}px ${theme.font}`;
      context.textAlign = "right";
      context.textBaseline = "bottom";
      context.fillText(label, u.bbox.left + u.bbox.width - 4 * ratio, y(u, last) - 4 * ratio);
    }
  });
}

/** A shape at the end of each measured line: disc, square, triangle, so that colour is not alone in telling them apart. */
export function drawEnds(u: uPlot, { lines, steps }: FigureData, theme: Theme): void {
  for (const { role, values } of lines) {
    const k = values.findLastIndex((value) => value !== null);
    if (k < 0) continue;
    drawShape(u.ctx, role, x(u, steps[k]!), y(u, values[k]!), 4 * devicePixelRatio, colour(role, theme));
  }
}

function drawShape(
  context: CanvasRenderingContext2D,
  role: Role,
  centreX: number,
  centreY: number,
  r: number,
  fill: string,
): void {
  context.save();
  context.fillStyle = fill;
  context.beginPath();
  if (role === "data") context.arc(centreX, centreY, r, 0, 2 * Math.PI);
  else if (role === "prediction") context.rect(centreX - r * 0.85, centreY - r * 0.85, 1.7 * r, 1.7 * r);
  else {
    context.moveTo(centreX, centreY - r);
    context.lineTo(centreX + r, centreY + 0.8 * r);
    context.lineTo(centreX - r, centreY + 0.8 * r);
    context.closePath();
  }
  context.fill();
  context.restore();
}
