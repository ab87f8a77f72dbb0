/**
 * What became of the requests that one target was given; see TargetTraffic of kit for the words. Its fields are added to
 * directly: one object for each target, made once. A request counts once in each of them at most.
 */
export class TargetCounts {
  requests = 0;
  errors = 0;
  failed = 0;
  /** Its route names it no more, not even as draining: the time that it had to finish is over. */
  isGone = false;

  reset(): void {
    this.requests = 0;
    this.errors = 0;
    this.failed = 0;
  }
}

/** The same for one route, of requests that no target was there for. */
export class RouteCounts {
  unserved = 0;
}
