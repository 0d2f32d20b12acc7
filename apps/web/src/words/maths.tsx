/** Text in which single Greek letters and the batch size are set as mathematics. */
export function Maths({ text }: { text: string }) {
  return <>{text.split(/([ημρλ]|\bB\b)/).map((part, k) => (k % 2 === 1 ? <i key={k}>{part}</i> : part))}</>;
}
