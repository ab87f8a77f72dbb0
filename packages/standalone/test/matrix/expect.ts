import type { Who } from "./people.ts";
import { type Entry, LETTER } from "./policy.ts";
import type { Place } from "./target.ts";

/** What a request has to come to. `hidden`: the answer of a thing that does not exist. */
export type Expected = "allowed" | "unauthenticated" | "hidden" | "forbidden" | "unverified";

export type Question = {
  who: Who;
  entry: Entry;
  action: string;
  /** Where the request aims; null for routes that name nothing: they are about the caller's own organisation. */
  place: Place | null;
  /** Whether it shows a list of what is in projects: every member sees theirs. */
  isList: boolean;
};

/** The answer that the hand-written policy asks for. */
export const expectedOf = (question: Question): Expected => {
  const { who, entry, place } = question;
  if (entry.about === "public") return "allowed";
  if (who.isStranger === true) return "unauthenticated";
  if (who.part !== undefined) return entry.parts?.includes(who.part) === true ? found(place, "allowed") : "hidden";
  if (entry.about === "parts") return "hidden";
  return entry.about === "instance" ? ofInstance(question) : ofOrganisation(question);
};

/** Nothing is found where there is nothing, whoever asks. */
const found = (place: Place | null, answer: Expected): Expected =>
  place === "missing" || place === "malformed" ? "hidden" : answer;

const ofInstance = ({ who, entry, place }: Question): Expected => {
  if (who.instanceRole === undefined) return "hidden";
  if (entry.instance?.includes(who.instanceRole === "owner" ? "i" : "o") !== true) return "forbidden";
  if (entry.dangerous === true && who.isStale === true) return "unverified";
  return found(place, "allowed");
};

const ofOrganisation = (question: Question): Expected => {
  const { who, entry, place, isList } = question;
  if (place === "missing" || place === "malformed") return "hidden";
  if (place !== null && entry.about === "self") return "hidden"; // of another person, whoever that is
  if (place !== null && who.organisation !== (place === "foreign" ? "away" : "home")) return "hidden";
  if (entry.about === "self" && who.isService === true) return "forbidden";
  const byRole = ofRoles(question);
  if (byRole === "forbidden" && place !== null && entry.isKept === true) return "hidden";
  if (isList && (who.role === "member" || byRole === "allowed")) return listed(question);
  return byRole === "allowed" ? ofScopes(question) : byRole;
};

const ofRoles = ({ who, entry, place }: Question): Expected => {
  const inOrganisation = LETTER[who.role ?? "member"];
  const isThere = entry.about === "project" && place !== null && who.granted?.in === place;
  const there = isThere && who.granted !== undefined ? LETTER[who.granted.role] : "";
  const allowed = entry.roles ?? "";
  if (allowed.includes(inOrganisation) || (there !== "" && allowed.includes(there))) return "allowed";
  if (entry.about === "project" && place !== null && inOrganisation === "M" && there === "") return "hidden";
  return "forbidden";
};

const ofScopes = ({ who, entry, action, place }: Question): Expected => {
  if (who.scope !== undefined) {
    const reaches = who.scope.in === undefined || (entry.about === "project" && place === who.scope.in);
    if (!reaches) return entry.about === "project" && place !== null ? "hidden" : "forbidden";
    if (!who.scope.actions.some((each) => each === "*" || each === action)) return "forbidden";
    return entry.dangerous === true && !who.scope.actions.includes(action) ? "forbidden" : "allowed";
  }
  return entry.dangerous === true && who.isStale === true ? "unverified" : "allowed";
};

/** A list is open to whoever may see a part of it; a token that does not cover the action may see none. */
const listed = ({ who, action }: Question): Expected => {
  if (who.scope === undefined || who.role === "member") return "allowed";
  return who.scope.actions.some((each) => each === "*" || each === action) ? "allowed" : "forbidden";
};
