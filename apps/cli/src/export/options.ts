/** The formats of `sgdscope export`. */
export const formats = ["csv", "parquet", "tensorboard", "npz", "html"] as const;

export interface ExportOptions {
  to: (typeof formats)[number];
  out?: string;
  table: "metrics" | "records";
}
