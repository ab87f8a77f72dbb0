import type { TestPlatform } from "./platform.ts";

const ECHO_EVERY_MS = 100;
/** An echo that takes longer has not come. */
const ECHO_MS = 10_000;

/**
 * `count` WebSockets that say something ten times a second and wait for it to come back. One that its server closes with
 * 1001 (RFC 6455 section 7.4.1: going away) is opened anew; any other end, and a word that is lost on a socket that nobody
 * closed, is a failure.
 */
export const socketLoad = (platform: TestPlatform, url: string, count: number, signal: AbortSignal) => {
  const failed: string[] = [];
  let echoes = 0;
  let reopened = 0;
  const keepOne = async (): Promise<void> => {
    while (!signal.aborted) {
      const ended = await talk(platform, url, signal, () => {
        echoes += 1;
      });
      if (ended === "stopped") return;
      if (ended === "going away") reopened += 1;
      else failed.push(ended);
    }
  };
  return {
    echoes: () => echoes,
    ended: Promise.all(Array.from({ length: count }, keepOne)).then(() => ({ failed, reopened })),
  };
};

/** One socket from its opening to its end, in words. */
const talk = async (
  platform: TestPlatform,
  url: string,
  signal: AbortSignal,
  onEcho: () => void,
): Promise<"stopped" | "going away" | (string & {})> => {
  // Headers are Bun's addition, which the types of browsers hide.
  const options = { headers: { host: new URL(url).host } } as unknown as string[];
  const socket = new WebSocket(`ws://127.0.0.1:${platform.port}/`, options);
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();
  let waitingFor: { text: string; since: number } | null = null;
  let number = 0;
  const speak = () => {
    if (signal.aborted) {
      socket.close(1000);
      return end("stopped");
    }
    if (waitingFor !== null) {
      if (performance.now() - waitingFor.since > ECHO_MS) end(`no echo of ${waitingFor.text} within ${ECHO_MS} ms`);
      return;
    }
    number += 1;
    waitingFor = { text: String(number), since: performance.now() };
    socket.send(waitingFor.text);
  };
  const opening = setTimeout(() => end("not open within 10 s"), ECHO_MS);
  let speaking: ReturnType<typeof setInterval> | undefined;
  socket.onopen = () => {
    clearTimeout(opening);
    speaking = setInterval(speak, ECHO_EVERY_MS);
  };
  socket.onmessage = ({ data }) => {
    if (data !== waitingFor?.text) return end(`heard ${data} instead of ${waitingFor?.text}`);
    waitingFor = null;
    onEcho();
  };
  socket.onclose = ({ code, reason }) => end(code === 1001 ? "going away" : `closed with ${code} ${reason}`);
  const how = await ended;
  clearTimeout(opening);
  clearInterval(speaking);
  socket.onclose = null;
  socket.close();
  return how;
};
