import { hash } from "node:crypto";
import type { GateAnswer, GateCredential } from "@homeport/kit/gate.ts";
import type { SessionCheck } from "./session-check.ts";

/** `unknown`: the auth app can't be asked, and was not asked lately. */
export type CheckAnswer = GateAnswer | { kind: "unknown" };

const UNKNOWN: CheckAnswer = { kind: "unknown" };

/** How long an answer holds, which is how long a session that was ended may still pass. */
const FRESH_MS = 5_000;
/** How long who was welcome stays so when the auth app is away: its restart shuts nobody out. */
const STALE_MS = 60_000;
/** While it does not answer, nobody who may pass meanwhile waits for it more often than this. */
const RETRY_MS = 1_000;
/** Sessions and tokens each; some hundred bytes per entry. */
const MAX_ENTRIES = 10_000;

type Known = { askedAt: number; answer: GateAnswer };

/** Answers about one kind of credential: kept, and asked once for all who wait. The least recently asked go first. */
class Answers {
  private readonly known = new Map<string, Known>();
  private readonly asking = new Map<string, Promise<CheckAnswer>>();
  private failedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly now: () => number) {}

  get(key: string, ask: () => Promise<GateAnswer>): CheckAnswer | Promise<CheckAnswer> {
    const known = this.known.get(key);
    const now = this.now();
    if (known !== undefined && now - known.askedAt < FRESH_MS) return known.answer;
    if (now - this.failedAt < RETRY_MS && this.mayPassMeanwhile(known)) return known.answer;
    const running = this.asking.get(key);
    if (running !== undefined) return running;
    const asked = this.ask(key, ask, now);
    this.asking.set(key, asked);
    return asked;
  }

  /** Whoever asks next gets an answer from after this moment. */
  forget(key: string): void {
    this.known.delete(key);
    this.asking.delete(key);
  }

  /** `ask` never throws at once. The answer is of the time of the question: it may have been on its way for long. */
  private ask(key: string, ask: () => Promise<GateAnswer>, askedAt: number): Promise<CheckAnswer> {
    const isCurrent = () => this.asking.get(key) === asked; // and was not forgotten meanwhile
    const asked: Promise<CheckAnswer> = ask()
      .then(
        (answer) => {
          if (isCurrent()) this.keep(key, { askedAt, answer });
          return answer;
        },
        () => {
          this.failedAt = this.now();
          const known = this.known.get(key);
          return this.mayPassMeanwhile(known) ? known.answer : UNKNOWN;
        },
      )
      .finally(() => {
        if (isCurrent()) this.asking.delete(key);
      });
    return asked;
  }

  private mayPassMeanwhile(known: Known | undefined): known is Known {
    return known?.answer.kind === "welcome" && this.now() - known.askedAt < STALE_MS;
  }

  private keep(key: string, known: Known): void {
    this.known.delete(key);
    this.known.set(key, known);
    if (this.known.size <= MAX_ENTRIES) return;
    const [oldest] = this.known.keys();
    if (oldest !== undefined) this.known.delete(oldest);
  }
}

/** Remembers what the auth app said for 5 s, so that the requests of a page ask once and who signed out is out soon. */
export class CachedSessionCheck {
  private readonly sessions: Answers;
  private readonly tokens: Answers;

  /** `now`: monotonic milliseconds. */
  constructor(
    private readonly auth: SessionCheck,
    now: () => number = () => performance.now(),
  ) {
    this.sessions = new Answers(now);
    this.tokens = new Answers(now); // apart: made-up tokens must not push sessions out
  }

  /** At once when it is known; the promise never rejects. */
  ask(credential: GateCredential, organisationId: string | null): CheckAnswer | Promise<CheckAnswer> {
    const answers = credential.kind === "session" ? this.sessions : this.tokens;
    return answers.get(keyOf(credential, organisationId), () => this.auth.check(credential, organisationId));
  }

  /** For a session that has just come through: what was said of it before does not count. */
  forget(sessionId: string, organisationId: string | null): void {
    this.sessions.forget(keyOf({ kind: "session", sessionId }, organisationId));
  }
}

/** Tokens are hashed: memory that is dumped tells none. */
const keyOf = (credential: GateCredential, organisationId: string | null): string =>
  `${credential.kind === "session" ? credential.sessionId : hash("sha256", credential.value, "base64")} ${organisationId}`;
