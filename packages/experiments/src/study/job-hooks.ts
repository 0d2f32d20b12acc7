/** How a job says where it is, and how it is stopped between two steps. */
export interface JobHooks {
  /** `fraction` in [0, 1] and what it is doing. */
  progress?: (fraction: number, message: string) => void;
  signal?: AbortSignal;
}
