import { claims } from "@sgdscope/experiments";
import { ClaimCard } from "./claim-card.js";
import { DropZone } from "../drop-zone.js";
import { Trouble } from "../trouble.js";
import { effort, news, openReport, outcomes, reading, refusal, trouble } from "./session.js";
import type { Effort } from "./plan.js";

const efforts: { value: Effort; label: string; note: string }[] = [
  { value: "quick", label: "quick", note: "seconds; bands may be missed" },
  { value: "fast", label: "fast", note: "up to a minute; as reproduce --fast" },
];

const take = (files: FileList): void => void openReport(files);

/** Every claim, to be tried here or read from a report. */
export function ClaimsPage() {
  return (
    <>
      <header class="opening">
        <p class="kicker">
          <a href="./index.html">sgdscope: why SGD prefers flat minima, live</a>
        </p>
        <h1>What SGD noise does — claims to try</h1>
        <p class="lead">
          Each claim comes with the runs that try it, a band that judges it, and figures. Press <b>Try it</b>: the runs
          on small models in closed form are made in this page, in double precision. Networks on images are left to the
          command line, whose report opens here.
        </p>
      </header>
      <Trouble what={trouble} />
      <main>
        <aside class="panel" aria-label="Controls">
          <fieldset>
            <legend>Effort</legend>
            {efforts.map(({ value, label, note }) => (
              <label key={value} class="choice">
                <input
                  type="radio"
                  name="effort"
                  value={value}
                  checked={effort.value === value}
                  onChange={() => (effort.value = value)}
                />
                <span>
                  {label}
                  <small>{note}</small>
                </span>
              </label>
            ))}
          </fieldset>
          <fieldset>
            <legend>Results of the command line</legend>
            <label class="file">
              Open a report.json
              <input
                type="file"
                accept=".json,application/json"
                onChange={({ currentTarget }) => {
                  const files = [...(currentTarget.files ?? [])];
                  if (files.length > 0) void openReport(files);
                  currentTarget.value = "";
                }}
              />
            </label>
            <p class="note">Or drop it anywhere on the page. It stays on this machine.</p>
            {reading.value !== undefined && <p class="note">Reading {reading} …</p>}
            <p role="alert" class="failure">
              {refusal.value !== undefined && `Not opened: ${refusal.value}`}
            </p>
          </fieldset>
          <nav aria-label="Claims">
            <ol class="contents">
              {claims.map(({ name }) => (
                <li key={name}>
                  <a href={`#${name}`}>{name.replaceAll("-", " ")}</a>
                  {outcomes.value[name] !== undefined && <span class="mark"> · shown</span>}
                </li>
              ))}
            </ol>
          </nav>
        </aside>
        <div class="stage">
          {claims.map((claim) => (
            <ClaimCard key={claim.name} claim={claim} />
          ))}
        </div>
      </main>
      <DropZone take={take} />
      <p class="unseen" role="status" aria-live="polite">
        {news}
      </p>
    </>
  );
}
