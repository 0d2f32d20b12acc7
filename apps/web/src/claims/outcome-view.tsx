import type { Figure, Table } from "@sgdscope/experiments";
import { useLayoutEffect, useRef } from "preact/hooks";
import { bandText, basis, comparisons, seen, type Judged } from "./judged.js";
import type { Outcome } from "./session.js";

/** The judgements, the figures and the numbers of a claim. */
export function OutcomeView({ name, outcome }: { name: string; outcome: Outcome }) {
  const { judged, figures, table, leftOut, origin, quick } = outcome;
  return (
    <div class="outcome">
      <p class="note">
        {origin}
        {quick && " The quick form only shows that everything runs; its bands may be missed."}
      </p>
      {leftOut.length > 0 && <LeftOut name={name} roles={leftOut} />}
      <Judgements judged={judged} />
      {figures.map((figure) => (
        <Drawing key={figure.name} figure={figure} />
      ))}
      <Numbers table={table} />
    </div>
  );
}

function LeftOut({ name, roles }: { name: string; roles: string[] }) {
  return (
    <p class="caution">
      Left out, because they train networks with TensorFlow.js: {roles.join("; ")}. They run with{" "}
      <code>sgdscope reproduce {name} --fast</code>, and the report.json it writes opens here.
    </p>
  );
}

function Judgements({ judged: { shown, hidden } }: { judged: Judged }) {
  const holding = shown.filter(({ holds }) => holds).length;
  return (
    <div class="wide" role="group" aria-label="Judged" tabIndex={0}>
      <table>
        <caption>
          Judged: {holding} of {shown.length} hold
          {hidden > 0 && `; ${hidden} had nothing to judge in what ran`}
        </caption>
        <thead>
          <tr>
            <th scope="col" class="text">
              judged
            </th>
            <th scope="col" class="text">
              statement
            </th>
            <th scope="col">measured</th>
            <th scope="col">band</th>
            <th scope="col" class="text">
              controls, which must miss the band
            </th>
            <th scope="col" class="text">
              it rests on
            </th>
            <th scope="col" class="text">
              where the band comes from
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((one) => (
            <tr key={one.statement}>
              <td class={`short ${one.holds ? "holds" : "missed"}`}>
                <span aria-hidden="true">{one.holds ? "✓ " : "✗ "}</span>
                {one.holds ? "holds" : "does not hold"}
              </td>
              <th scope="row" class="text">
                <span class="kind">{one.kind}</span> {one.statement}
                {one.why !== undefined && <span class="why">{one.why}</span>}
              </th>
              <td>{seen(one)}</td>
              <td>{bandText(one)}</td>
              <td class="text">
                <ul>
                  {comparisons(one).map(({ text, fails }, k) => (
                    <li key={k}>
                      {fails === undefined ? "beside: " : fails ? "misses: " : "does not miss: "}
                      {text}
                    </li>
                  ))}
                </ul>
              </td>
              <td class="text">
                <ul>
                  {basis(one).map((line) => (
                    <li key={line}>{line}</li>
                  ))}
                </ul>
              </td>
              <td class="text">{one.because}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Drawing({ figure: { title, caption, svg } }: { figure: Figure }) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => place.current?.replaceChildren(svg), [svg]);
  return (
    <figure class="drawing">
      <h3>{title}</h3>
      <div ref={place} />
      <figcaption class="note">{caption}</figcaption>
    </figure>
  );
}

function Numbers({ table: { title, headings, rows, left } }: { table: Table }) {
  const side = (k: number): string => (left.includes(k) ? "text" : "");
  return (
    <details>
      <summary>{title}</summary>
      <div class="wide" role="group" aria-label={title} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {headings.map((heading, k) => (
                <th key={k} scope="col" class={side(k)}>
                  {heading}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, r) => (
              <tr key={r}>
                {row.map((cell, k) => (
                  <td key={k} class={side(k)}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
