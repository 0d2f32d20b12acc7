import { advance, changeSpeed, ended, pause, reset, run, running, settings } from "../state/session.js";
import { speeds } from "../state/settings.js";
import { count } from "../words/format.js";

const STEPS = 100;

/** Run, pause, step, reset, and how fast. */
export function Transport() {
  return (
    <div class="transport">
      <div class="buttons" role="group" aria-label="Run">
        <button type="button" class="main" onClick={running.value ? pause : run}>
          {running.value ? "Pause" : ended.value === undefined ? "Run" : "Run again"}
        </button>
        <button type="button" onClick={() => advance(STEPS)} disabled={ended.value !== undefined}>
          +{STEPS}
          <span class="unseen"> steps</span>
        </button>
        <button type="button" onClick={reset}>
          Reset
        </button>
      </div>
      <div class="control">
        <label for="speed">Speed</label>
        <select
          id="speed"
          value={String(settings.value.speed)}
          onChange={(event) => changeSpeed(Number(event.currentTarget.value))}
        >
          {speeds.map((speed) => (
            <option key={speed} value={String(speed)}>
              {speed === Infinity ? "as fast as it can" : `${count(speed)} steps per second`}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}
