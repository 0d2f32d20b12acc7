/** A run in the hands of one worker. */
export interface Lease {
  /** Line of the plan. */
  readonly index: number;
  readonly id: string;
  /** Aborted when somebody else took the run over, because this worker's heartbeat had stopped. */
  readonly lost: AbortSignal;
  /** Whether the run is still in this worker's hands; asks the engine. */
  held(): Promise<boolean>;
}

/** How a leased run ended: for good, for bad, or for now. */
export type Outcome = "done" | "failed" | "released";

/**
 * What hands out the runs of a plan: two functions, whatever is behind them. A worker leases until there is nothing to lease.
 *
 * No two living workers ever hold one run; a run whose worker died is handed out again; one that is done or failed is not.
 */
export interface Engine {
  /** Whether a lease is the lock of the run's folder. Otherwise whoever writes the folder takes that lock besides. */
  readonly locksFolders: boolean;
  /** The next run that nobody has; undefined when every run is done, failed or in living hands. */
  lease(): Promise<Lease | undefined>;
  /** Gives a lease back; a released run is handed out again, to others first. Does nothing for a lease that was lost. */
  done(lease: Lease, outcome: Outcome): Promise<void>;
}
