import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";

interface SliderProps {
  id: string;
  label: ComponentChildren;
  value: number;
  smallest: number;
  largest: number;
  /** Positions a decade on a logarithmic slider; without it the slider is linear in whole numbers. */
  decade?: number;
  show: (value: number) => string;
  /** Called when the value is settled: at release, or with each key. */
  onChange: (value: number) => void;
}

/** A labelled range with its value as an output that follows the hand. */
export function Slider({ id, label, value, smallest, largest, decade, show, onChange }: SliderProps) {
  const draft = useSignal<number | undefined>(undefined);
  const position = (v: number): number => (decade === undefined ? v : Math.round(decade * Math.log10(v)));
  const valueAt = (p: number): number =>
    decade === undefined ? p : Math.min(largest, Math.max(smallest, Number((10 ** (p / decade)).toPrecision(2))));
  const shown = draft.value ?? value;
  return (
    <div class="control">
      <label for={id}>{label}</label>
      <output for={id}>{show(shown)}</output>
      <input
        id={id}
        type="range"
        min={position(smallest)}
        max={position(largest)}
        step={1}
        value={position(shown)}
        aria-valuetext={show(shown)}
        onInput={(event) => (draft.value = valueAt(Number(event.currentTarget.value)))}
        onChange={(event) => {
          draft.value = undefined;
          onChange(valueAt(Number(event.currentTarget.value)));
        }}
      />
    </div>
  );
}
