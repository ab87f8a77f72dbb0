import { appFolders } from "../../src/app-list.ts";
import { type Changes, watchChanges } from "./changes.ts";
import { castOf, createPeople, type OrganisationSeed, type People, type Who } from "./people.ts";
import { type MatrixPlatform, startMatrixPlatform } from "./platform.ts";
import { createSeed, type ProjectSeed, type Seed } from "./seed.ts";

/** One side of the fence: an organisation, or a project of it, with one of everything. */
export type Belongings = {
  marker: string;
  organisation: OrganisationSeed;
  project: ProjectSeed;
  /** A member who owns it. */
  ownerId: string;
};

export type World = {
  platform: MatrixPlatform;
  people: People;
  seed: Seed;
  changes: Changes;
  who: readonly Who[];
  own: Belongings;
  /** Another project of the same organisation. */
  sibling: Belongings;
  /** Of another organisation. */
  foreign: Belongings;
  ops: OrganisationSeed;
};

/** In names of things; an answer to somebody who may not know of them must not contain it. */
const MARKERS = { own: "ownmark", sibling: "siblingmark", foreign: "foreignmark" } as const;

export const startWorld = async (): Promise<World> => {
  const platform = await startMatrixPlatform();
  const { admin } = platform.database;
  const people = createPeople(admin);
  const seed = createSeed(admin);
  const [home, away, ops] = await Promise.all(["home", "away", "ops"].map((slug) => people.addOrganisation(slug)));
  if (home === undefined || away === undefined || ops === undefined) throw new Error("three were made");
  const belongings = async (organisation: OrganisationSeed, marker: string): Promise<Belongings> => ({
    marker,
    organisation,
    project: await seed.project(organisation, marker),
    ownerId: await people.addMember(organisation, "owner"),
  });
  const own = await belongings(home, MARKERS.own);
  const sibling = await belongings(home, MARKERS.sibling);
  const foreign = await belongings(away, MARKERS.foreign);
  const projects = { own: own.project.id, sibling: sibling.project.id };
  const who = await castOf(platform, people, { home, away, ops }, projects);
  await people.addMember(ops, "owner", "owner"); // so that none of those who ask is the last one
  return {
    platform,
    people,
    seed,
    changes: await watchChanges(admin, ["platform", ...appFolders.map(({ id }) => id)]),
    who,
    own,
    sibling,
    foreign,
    ops,
  };
};
