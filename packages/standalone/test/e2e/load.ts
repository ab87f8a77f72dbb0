import { fetchHost, type TestPlatform } from "./platform.ts";

/** The load ends by itself even when nobody stops it. */
const MAX_REQUESTS = 60_000;

/**
 * Requests at a fixed rate, whatever their answers take, until the signal. Any answer but 200 and any error is a failure.
 * `sent()` counts while the load runs; `ended` resolves when the last answer is in.
 */
export const constantLoad = (platform: TestPlatform, url: string, perSecond: number, signal: AbortSignal) => {
  const failed: string[] = [];
  let sent = 0;
  const one = async (): Promise<void> => {
    try {
      const response = await fetchHost(platform, url);
      const text = await response.text();
      if (response.status !== 200) failed.push(`${response.status} ${text.slice(0, 80)}`);
    } catch (err) {
      failed.push(err instanceof Error ? err.message : String(err));
    }
  };
  const run = async () => {
    const running: Promise<void>[] = [];
    const startedAt = performance.now();
    while (!signal.aborted && sent < MAX_REQUESTS) {
      const due = Math.floor(((performance.now() - startedAt) / 1000) * perSecond);
      for (; sent < due; sent += 1) running.push(one());
      await Bun.sleep(2);
    }
    await Promise.all(running);
    return { sent, failed };
  };
  return { sent: () => sent, ended: run() };
};
