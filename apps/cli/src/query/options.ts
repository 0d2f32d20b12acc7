/** The options of `sgdscope query`. */
export interface QueryOptions {
  runs: string[];
  json?: boolean;
}
