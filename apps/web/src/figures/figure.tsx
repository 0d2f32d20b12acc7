import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { compact, count } from "../words/format.js";
import { Maths } from "../words/maths.js";
import { createPlot, type Plot } from "./plot.js";
import type { FigureData, Role } from "./spec.js";
import { theme } from "./theme.js";

/** The measurement under the pointer, in all figures at once; undefined for the latest. */
const pointed = signal<number | undefined>(undefined);

interface FigureProps {
  id: string;
  /** What the figure shows, as a sentence. */
  claim: string;
  data: FigureData;
  /** The figure in words, for those who do not see it. */
  description: string;
  /** Entries of the key, one for each line of the data, in order. */
  keys: readonly ComponentChildren[];
  /** What the reader should know. */
  children: ComponentChildren;
}

/** A figure: its claim, its key with the numbers under the pointer, the plot, a note, and the latest numbers as a table. */
export function Figure({ id, claim, data, description, keys, children }: FigureProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot>(undefined);
  const current = theme.value;
  const shape = data.lines.length;

  useEffect(() => {
    plot.current = createPlot(host.current!, data, current, (index) => (pointed.value = index));
    return () => plot.current?.destroy();
    // The plot is made once for a theme; what it shows is the next effect's business.
  }, [current, shape]);
  useEffect(() => plot.current?.show(data, description), [data, description, current, shape]);

  const at = Math.min(pointed.value ?? Infinity, data.steps.length - 1);
  return (
    <figure class="figure" aria-labelledby={`${id}-claim`}>
      <figcaption>
        <h3 id={`${id}-claim`}>
          <Maths text={claim} />
        </h3>
        <ul class="key">
          {data.lines.map(({ role, values }, k) => (
            <li key={k}>
              <Swatch role={role} />
              <span>{keys[k]}</span>
              <span class="value">{compact(values[at])}</span>
            </li>
          ))}
        </ul>
      </figcaption>
      <div class="plot" ref={host} />
      <p class="note">{children}</p>
      <Numbers data={data} claim={claim} />
    </figure>
  );
}

/** The line as it looks in the figure, with the shape at its end. */
function Swatch({ role }: { role: Role }) {
  return (
    <svg class={`swatch ${role}`} width="30" height="12" viewBox="0 0 30 12" aria-hidden="true">
      <line x1="0" y1="6" x2="21" y2="6" />
      {role === "data" && <circle cx="25" cy="6" r="4" />}
      {role === "prediction" && <rect x="21.5" y="2.5" width="7" height="7" />}
      {role === "context" && <path d="M25 2 L29 9.2 L21 9.2 Z" />}
    </svg>
  );
}

const ROWS = 5;

function Numbers({ data: { steps, lines }, claim }: { data: FigureData; claim: string }) {
  const rows = Array.from({ length: Math.min(ROWS, steps.length) }, (_, k) => steps.length - 1 - k);
  return (
    <details class="numbers">
      <summary>Latest numbers</summary>
      <table>
        <caption class="unseen">{claim}: the latest measurements</caption>
        <thead>
          <tr>
            <th scope="col">step</th>
            {lines.map(({ name }) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((k) => (
            <tr key={k}>
              <th scope="row">{count(steps[k]!)}</th>
              {lines.map(({ name, values }) => (
                <td key={name}>{compact(values[k])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
