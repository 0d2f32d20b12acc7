import { latest } from "../state/session.js";
import { clamp } from "../state/settings.js";
import { compact } from "../words/format.js";

const ends = { smallest: 0.1, largest: 10 };
const ticks = [0.1, 0.2, 0.5, 1, 2, 5, 10];

/** Percent of the width at which a ratio stands; 1 is in the middle. */
const place = (ratio: number): string => `${50 + 50 * Math.log10(clamp(ratio, ends))}%`;

/** η/η* on a scale with its limit: the line at 1 is there before any data. */
export function Gauge() {
  const ratio = latest.value?.edgeRatio;
  const description = `Gauge from 0.1 to 10 of learning rate over critical learning rate. Limit 1. ${
    ratio === undefined
      ? "Nothing is measured yet."
      : `Now ${compact(ratio)}, ${ratio > 1 ? "above" : "below"} the limit.`
  }`;
  return (
    <div class="gauge" role="img" aria-label={description}>
      <div class="zones">
        <span>can stay</span>
        <span>cannot stay</span>
      </div>
      <div class="track">
        <div class="limit" />
        {ratio !== undefined && (
          <div class={`needle ${ratio > 1 ? "above" : "below"}`} style={{ left: place(ratio) }}>
            <svg width="18" height="16" viewBox="0 0 18 16">
              {ratio > 1 ? <path d="M9 0 L18 16 L0 16 Z" /> : <circle cx="9" cy="8" r="7.5" />}
            </svg>
          </div>
        )}
      </div>
      <div class="ticks">
        {ticks.map((tick) => (
          <span key={tick} class={tick === 1 ? "one" : ""} style={{ left: place(tick) }}>
            {tick}
          </span>
        ))}
      </div>
    </div>
  );
}
