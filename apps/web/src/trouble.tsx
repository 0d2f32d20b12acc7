import type { ReadonlySignal } from "@preact/signals";

/** Says at the top of a page why nothing is computed. */
export function Trouble({ what }: { what: ReadonlySignal<string | undefined> }) {
  return (
    <p role="alert" class="trouble">
      {what}
    </p>
  );
}
