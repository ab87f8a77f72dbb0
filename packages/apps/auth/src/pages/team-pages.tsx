import { Slug } from "@homeport/kit/contract.ts";
import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { memberOf, memberScope } from "@homeport/kit/http/context.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { DisplayName, PersonReference } from "../contract/nouns.ts";
import { callerOf } from "../service/caller.ts";
import { teamIn } from "../service/organisation-loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { ConfirmPage } from "./confirm.page.tsx";
import { optionalText } from "./form-text.ts";
import { organisationPaths as paths } from "./organisation-paths.ts";
import { cursorOf, pageLinks, ROWS } from "./page-cursor.ts";
import { TeamPage, TeamsPage } from "./teams.page.tsx";

const NewTeamForm = z.object({ slug: Slug, name: optionalText(DisplayName) });
const NameForm = z.object({ name: DisplayName });
const MemberForm = z.object({ person: z.string().trim().pipe(PersonReference) });

type Values = Record<string, string>;
type Again = { form: "name" | "member"; values: Values; errors: FormErrors };

/** Groups of members that are given roles in projects together. */
export const teamPages = ({ teams }: UseCases): Page[] => {
  const list = async (context: PageContext, values: Values = {}, errors?: FormErrors): Promise<PageView> => {
    const cursor = cursorOf(context);
    const { items, nextCursor } = await teams.list(memberScope(context), cursor, ROWS);
    const page = { member: memberOf(context), teams: items, links: pageLinks(paths.teams, cursor, nextCursor) };
    return {
      title: "Teams",
      status: errors === undefined ? 200 : 422,
      body: <TeamsPage {...page} values={values} errors={errors} />,
    };
  };
  const one = async (context: PageContext, again?: Again): Promise<PageView> => {
    const cursor = cursorOf(context);
    const team = teamIn(context);
    const { items, nextCursor } = await teams.listMembers(team, cursor, ROWS);
    const links = pageLinks(paths.team(team.slug), cursor, nextCursor);
    return {
      title: team.name,
      status: again === undefined ? 200 : 422,
      body: <TeamPage {...{ member: memberOf(context), team, members: items, links, again }} />,
    };
  };
  const change =
    (form: Again["form"], work: (context: PageContext, values: Values) => Promise<unknown>): Page["render"] =>
    async (context) => {
      const values = await context.form();
      return withFormErrors<Response | PageView>(
        async () => {
          await work(context, values);
          return seeOther(paths.team(teamIn(context).slug));
        },
        (errors) => one(context, { form, values, errors }),
      );
    };
  const write = { method: "POST", action: "team:write", resource: "team" } as const;
  return [
    { path: paths.teams, action: "team:read", resource: "organisation", render: (context) => list(context) },
    {
      method: "POST",
      path: paths.teams,
      action: "team:write",
      resource: "organisation",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () =>
            seeOther(paths.team((await teams.create(callerOf(context), parseForm(NewTeamForm, values))).slug)),
          (errors) => list(context, values, errors),
        );
      },
    },
    { path: paths.team(":team"), action: "team:read", resource: "team", render: (context) => one(context) },
    {
      ...write,
      path: paths.team(":team"),
      render: change("member", (context, values) =>
        teams.addMember(callerOf(context), teamIn(context), parseForm(MemberForm, values).person),
      ),
    },
    {
      ...write,
      path: paths.renameTeam(":team"),
      render: change("name", (context, values) =>
        teams.rename(callerOf(context), teamIn(context), parseForm(NameForm, values).name),
      ),
    },
    {
      ...write,
      path: paths.removeTeamMember(":team", ":person"),
      render: change("member", (context) =>
        teams.removeMember(callerOf(context), teamIn(context), context.params.person ?? ""),
      ),
    },
    {
      ...write,
      path: paths.removeTeam(":team"),
      render: async (context) => {
        const team = teamIn(context);
        if ((await context.form()).confirm !== "yes") return askRemoval(team.slug, team.name);
        await teams.remove(callerOf(context), team);
        return seeOther(paths.teams);
      },
    },
  ];
};

const askRemoval = (slug: string, name: string): PageView => ({
  title: `Remove ${name}`,
  body: (
    <ConfirmPage
      title={`Remove the team ${name}?`}
      body="Its members stay in the organisation, and lose what the team was given in projects."
      action={paths.removeTeam(slug)}
      confirmLabel="Remove the team"
      back={paths.team(slug)}
    />
  ),
});
