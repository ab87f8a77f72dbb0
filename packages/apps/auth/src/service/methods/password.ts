import type { Sql } from "@homeport/kit/db/connect.ts";
import { verifyPassword } from "../../password.ts";
import type { SignInMethod } from "../../ports.ts";
import type { ReadSetting } from "../../settings.ts";
import {
  accountAndAddressSubject,
  accountSubject,
  addressSubject,
  MAX_PER_ACCOUNT,
  MAX_PER_ACCOUNT_AND_ADDRESS,
  MAX_PER_ADDRESS,
} from "../../sign-in-limit.ts";
import { findSignInPerson } from "../../store/sign-in-people.ts";
import { type Attempts, tooMany } from "../attempts.ts";

export type PasswordMethod = SignInMethod<void, void, { email: string; password: string }>;

const FAILURES = "failed sign-ins";

/**
 * An unknown account, a wrong password and an account that is locked cost the same work. Attempts count before the password
 * is looked at: by address first, so that who is refused there locks no account; then by account and address together, and
 * by account from wherever.
 */
export const passwordMethod = (sql: Sql, setting: ReadSetting, attempts: Attempts): PasswordMethod => ({
  id: "password",
  label: "Password",
  kind: "form",
  isOn: () => setting("password-sign-in"),

  begin: async () => {},

  async complete({ email, password }, client) {
    const address = addressSubject(client.address);
    const here = accountAndAddressSubject(email, client.address);
    const account = accountSubject(email);
    await attempts.take(address, MAX_PER_ADDRESS, FAILURES);
    const waitHere = await attempts.count(here, MAX_PER_ACCOUNT_AND_ADDRESS);
    // What is refused here anyway counts for nobody elsewhere, or one address could lock the account everywhere.
    const wait = waitHere ?? (await attempts.count(account, MAX_PER_ACCOUNT));
    const person = await findSignInPerson(sql, { email });
    const hash = wait === null ? (person?.passwordHash ?? null) : null;
    const matches = await verifyPassword(password, hash).catch(async (err: unknown) => {
      const counted = waitHere === null ? [address, here, account] : [address, here];
      for (const subject of counted) await attempts.forget(subject); // our failure, not theirs
      throw err;
    });
    if (wait !== null) throw tooMany(FAILURES, wait);
    if (!matches || person === null || hash === null) return null;
    for (const subject of [address, account]) await attempts.forget(subject);
    await attempts.clear(here);
    // Owners of the platform may always: otherwise a slip in the settings locks everybody out.
    if (!setting("password-sign-in") && person.instanceRole !== "owner") return null;
    return { method: "password", email, personId: person.id, emailVerified: false, passwordHash: hash };
  },
});
