/** Lets a loop sleep until somebody calls it or the time is over; a call while the loop works is not lost. */
export class Wake {
  private called = false;
  private resolve: (() => void) | null = null;

  call(): void {
    this.called = true;
    this.resolve?.();
  }

  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (!this.called && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.resolve = resolve;
      const timer = setTimeout(resolve, timeoutMs);
      const abort = () => resolve();
      signal.addEventListener("abort", abort);
      await promise;
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      this.resolve = null;
    }
    this.called = false;
  }
}
