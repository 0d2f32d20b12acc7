import type uPlot from "uplot";
import type { Phase } from "../state/settings.js";
import { rate } from "../words/format.js";
import { apart, shown } from "./scale.js";
import { colour, dashes, type FigureData, type Guide, type Role } from "./spec.js";
import type { Theme } from "./theme.js";

// What uPlot does not draw itself: regions, changes, predictions with their names, and the shapes at the ends of lines.

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

/** A line where η or B changed, with what it became where there is room. */
export function drawChanges(u: uPlot, { phases }: FigureData, theme: Theme): void {
  within(u, (context, ratio) => {
    context.lineWidth = ratio;
    context.strokeStyle = theme.change;
    context.fillStyle = theme.quiet;
    context.textAlign = "left";
    context.font = `${11 * ratio}px ${theme.font}`;
    context.textBaseline = "top";
    let free = -Infinity;
    phases.slice(1).forEach((phase, k) => {
      const at = Math.round(x(u, phase.from)) + 0.5;
      context.beginPath();
      context.moveTo(at, u.bbox.top);
      context.lineTo(at, u.bbox.top + u.bbox.height);
      context.stroke();
      const text = changeLabel(phases[k]!, phase);
      const { width } = context.measureText(text);
      const left = at + width + 8 * ratio < u.bbox.left + u.bbox.width ? at + 4 * ratio : at - width - 4 * ratio;
      if (left < free) return;
      context.fillText(text, left, u.bbox.top + 2 * ratio);
      free = left + width + 8 * ratio;
    });
  });
}

function changeLabel(before: Phase, after: Phase): string {
  if (before.learningRate !== after.learningRate) return `η = ${rate(after.learningRate)}`;
  return before.batchSize !== after.batchSize ? `B = ${after.batchSize}` : after.sampling;
}

/** Predictions over the whole width, and their names beside it. They lie above the data, which may well coincide. */
export function drawGuides(u: uPlot, data: FigureData, theme: Theme): void {
  const ratio = devicePixelRatio;
  within(u, (context) => {
    context.lineWidth = 1.5 * ratio;
    for (const guide of data.guides) {
      context.strokeStyle = colour(guide.role, theme);
      context.setLineDash(dashes[guide.role].map((length) => length * ratio));
      context.beginPath();
      traceGuide(u, context, guide, data);
      context.stroke();
    }
  });
  const { left, top, width, height } = u.bbox;
  const named = data.guides
    .map((guide) => ({ guide, at: y(u, guide.level(data.phases.at(-1)!) ?? NaN) }))
    .filter(({ at }) => at >= top && at <= top + height);
  u.ctx.save();
  u.ctx.font = `500 ${12 * ratio}px ${theme.font}`;
  u.ctx.textAlign = "left";
  u.ctx.textBaseline = "middle";
  const places = apart(
    named.map(({ at }) => at),
    14 * ratio,
  );
  named.forEach(({ guide: { role, label } }, k) => {
    u.ctx.fillStyle = colour(role, theme);
    u.ctx.fillText(label, left + width + 6 * ratio, places[k]!);
  });
  u.ctx.restore();
}

/** Steps along the levels of a guide, phase by phase. */
function traceGuide(u: uPlot, context: CanvasRenderingContext2D, { level }: Guide, { phases, horizon }: FigureData) {
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
}

/** A shape at the end of each measured line: disc, square, triangle, so that colour is not alone in telling them apart. */
export function drawEnds(u: uPlot, { lines, steps }: FigureData, theme: Theme): void {
  for (const { role, values } of lines) {
    const k = values.findLastIndex((value) => shown(value) !== null);
    if (k < 0) continue;
    drawShape(u.ctx, role, x(u, steps[k]!), y(u, shown(values[k])!), 4 * devicePixelRatio, colour(role, theme));
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
