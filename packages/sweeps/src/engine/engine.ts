/** A run in the hands of one worker. */
export interface Claim {
  /** Line of the plan. */
  readonly index: number;
  readonly id: string;
  /** Aborted when somebody else took the run over, because this worker's heart had stopped. */
  readonly lost: AbortSignal;
  /** Whether the run is still in this worker's hands; asks the engine. */
  held(): Promise<boolean>;
}

/** How a claimed run ended: for good, for bad, or for now. */
export type Outcome = "done" | "failed" | "released";

/**
 * What hands out the runs of a plan: two functions, whatever is behind them. A worker claims until there is nothing to claim.
 *
 * No two living workers ever hold one run; a run whose worker died is handed out again; one that is done or failed is not.
 */
export interface Engine {
  /** The next run that nobody has; undefined when every run is done, failed or in living hands. */
  claim(): Promise<Claim | undefined>;
  /** Gives a claim back; a released run is handed out again, to others first. Does nothing for a claim that was lost. */
  done(claim: Claim, outcome: Outcome): Promise<void>;
}
