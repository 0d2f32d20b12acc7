import { formatJson } from "@sgdscope/array-files";

/** Prints one JSON document; infinities are the texts "Infinity" and "-Infinity". */
export const printJson = (document: object): void => void process.stdout.write(`${formatJson(document, 2)}\n`);
