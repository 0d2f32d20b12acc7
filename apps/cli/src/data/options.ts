/** The options of `sgdscope data download`. */
export interface DownloadCliOptions {
  directory?: string;
  url?: string;
  quiet?: boolean;
}
