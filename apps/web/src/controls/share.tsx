import { useSignal } from "@preact/signals";

/** Copies the address, which holds the whole state; where copying is not allowed, shows it. */
export function Share() {
  const outcome = useSignal<"" | "copied" | "refused">("");
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(location.href);
      outcome.value = "copied";
    } catch {
      outcome.value = "refused";
    }
    setTimeout(() => (outcome.value = outcome.value === "copied" ? "" : outcome.value), 3000);
  };
  return (
    <div class="share">
      <button type="button" onClick={() => void copy()}>
        Copy link
      </button>
      <span role="status">{outcome.value === "copied" && "Copied: the link replays this run, changes and all."}</span>
      {outcome.value === "refused" && (
        <input
          type="text"
          readOnly
          aria-label="Link to this run"
          value={location.href}
          onFocus={(event) => event.currentTarget.select()}
        />
      )}
    </div>
  );
}
