import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** Gives `take` the files that are dropped anywhere on the page, and says so while one is held over it. */
export function DropZone({ take }: { take: (files: FileList) => void }) {
  const held = useSignal(false);
  useEffect(() => {
    const hasFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes("Files") === true;
    const over = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault(); // else the browser leaves the page for the file
      event.dataTransfer!.dropEffect = "copy";
      held.value = true;
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) held.value = false;
    };
    const drop = (event: DragEvent): void => {
      held.value = false;
      if (!hasFiles(event)) return;
      event.preventDefault();
      take(event.dataTransfer!.files);
    };
    const listening = new AbortController();
    const { signal } = listening;
    addEventListener("dragover", over, { signal });
    addEventListener("dragleave", leave, { signal });
    addEventListener("drop", drop, { signal });
    return () => listening.abort();
  }, [held, take]);
  return held.value ? (
    <div class="drop" aria-hidden="true">
      Drop the report.json to open it
    </div>
  ) : null;
}
