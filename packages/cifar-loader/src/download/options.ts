/** What to fetch, and how patiently. */
export interface FetchFileOptions {
  url: string;
  /** Where the bytes go; what is there already is taken for the beginning. */
  part: string;
  /** Size that the file must have, where it is known. */
  bytes: number | undefined;
  /** Size that the file may have at most. */
  most: number;
  /** Milliseconds without a byte after which a connection is given up. */
  stallTimeout: number;
  /** Attempts in a row that may bring nothing new. */
  retries: number;
  /** Milliseconds before the second attempt; doubles from there, up to 30 s. */
  retryDelay: number;
  /** Bytes per second that each `rateWindow` of milliseconds must bring. */
  minimumRate: number;
  rateWindow: number;
  signal: AbortSignal | undefined;
  onProgress: (bytes: number, total: number | undefined) => void;
}
