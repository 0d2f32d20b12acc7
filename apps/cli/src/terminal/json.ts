import { formatJson } from "@sgdscope/array-files";
import { print } from "./print.js";

/** Prints one JSON document; infinities are the texts "Infinity" and "-Infinity", and what would steer a terminal is escaped. */
export const printJson = (document: object): void => print(`${formatJson(document, 2)}\n`);
