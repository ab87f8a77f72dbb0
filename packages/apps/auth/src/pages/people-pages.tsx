import { DomainError } from "@homeport/kit/errors.ts";
import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { personOf } from "@homeport/kit/http/context.ts";
import { isId, type PersonId } from "@homeport/kit/ids.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { InstanceRole } from "@homeport/kit/principal.ts";
import { z } from "zod";
import type { UseCases } from "../service/use-cases.ts";
import { ConfirmPage } from "./confirm.page.tsx";
import { paths } from "./paths.ts";
import { PeoplePage } from "./people.page.tsx";
import { PersonPage } from "./person.page.tsx";

const ROWS = 50;

const Wanted = z.object({ search: z.string().trim().max(100).default(""), cursor: z.uuid().optional() });
const RoleForm = z.object({ role: z.enum([...InstanceRole.options, "none"]) });
const SuspendForm = z.object({ reason: z.string().trim().max(300).default("") });

/** Everybody on the platform, for those who run it. */
export const peoplePages = ({ platformPeople, departures }: UseCases): Page[] => {
  const personView = async (context: PageContext, errors?: FormErrors): Promise<PageView> => {
    const person = await platformPeople.getWithCredentials(idOf(context));
    const member = personOf(context);
    const view = { isSelf: member.personId === person.id, mayChange: member.instanceRole === "owner" };
    return {
      title: person.name,
      status: errors === undefined ? 200 : 422,
      body: <PersonPage person={person} {...view} errors={errors} />,
    };
  };
  /** A form of the page: what it does, and back to the page. */
  const change = (
    path: Page["path"],
    action: string,
    submit: (context: PageContext, values: Record<string, string>) => Promise<unknown>,
  ): Page => ({
    method: "POST",
    path,
    action,
    resource: "platform",
    render: async (context) => {
      const id = idOf(context);
      const values = await context.form();
      return withFormErrors<Response | PageView>(
        async () => {
          const asked = await submit(context, values);
          return isView(asked) ? asked : seeOther(paths.person(id));
        },
        (errors, err) => {
          if (err.code === "not_found") throw err;
          return personView(context, errors);
        },
      );
    },
  });
  return [
    {
      path: paths.people,
      action: "person:read",
      resource: "platform",
      render: async ({ url }) => {
        const { search, cursor } = parseForm(Wanted, Object.fromEntries(url.searchParams));
        const { items, nextCursor } = await platformPeople.list({ search, cursor, limit: ROWS });
        const at = (next?: string) => listAddress(search, next);
        const page = { people: items, search, ...(nextCursor === null ? {} : { nextHref: at(nextCursor) }) };
        return {
          title: "People",
          body: <PeoplePage {...page} {...(cursor === undefined ? {} : { firstHref: at() })} />,
        };
      },
    },
    {
      path: paths.person(":person"),
      action: "person:read",
      resource: "platform",
      render: (context) => personView(context),
    },
    change(paths.suspendPerson(":person"), "person:suspend", async (context, values) => {
      const { reason } = parseForm(SuspendForm, values);
      await platformPeople.suspend(personOf(context), idOf(context), reason === "" ? undefined : reason);
    }),
    change(paths.resumePerson(":person"), "person:suspend", (context) => platformPeople.resume(idOf(context))),
    change(paths.setInstanceRole(":person"), "person:promote", async (context, values) => {
      const { role } = parseForm(RoleForm, values);
      await platformPeople.setInstanceRole(idOf(context), role === "none" ? null : role);
    }),
    change(paths.signPersonOut(":person"), "person:sign-out", (context) => platformPeople.signOut(idOf(context))),
    change(paths.resetSecondFactor(":person"), "person:reset", async (context, { confirm }) => {
      const id = idOf(context);
      if (confirm === "yes") return platformPeople.resetSecondFactor(id);
      const { email } = await platformPeople.get(id);
      return {
        title: "Remove the second factor",
        body: (
          <ConfirmPage
            title={`Remove the second factor of ${email}?`}
            body="They sign in without it until they set up another. They are told by mail."
            action={paths.resetSecondFactor(id)}
            confirmLabel="Remove it"
            back={paths.person(id)}
          />
        ),
      };
    }),
    {
      method: "POST",
      path: paths.removePerson(":person"),
      action: "person:remove",
      resource: "platform",
      render: async (context) => {
        const id = idOf(context);
        const { email } = await platformPeople.get(id);
        const { confirm } = await context.form();
        if (confirm?.trim().toLowerCase() !== email) return askRemoval(id, email, confirm);
        return withFormErrors<Response | PageView>(
          async () => {
            await departures.remove(id);
            return seeOther(paths.people);
          },
          (errors) => personView(context, errors),
        );
      },
    },
  ];
};

/** @throws {DomainError} not_found */
const idOf = ({ params }: PageContext): PersonId => {
  const id = params.person ?? "";
  if (isId(id)) return id.toLowerCase() as PersonId;
  throw new DomainError("not_found", "There is no such person.");
};

const isView = (asked: unknown): asked is PageView => typeof asked === "object" && asked !== null && "body" in asked;

const listAddress = (search: string, cursor?: string): string => {
  const query = new URLSearchParams({
    ...(search === "" ? {} : { search }),
    ...(cursor === undefined ? {} : { cursor }),
  });
  return query.size === 0 ? paths.people : `${paths.people}?${query}`;
};

const askRemoval = (id: PersonId, email: string, typed: string | undefined): PageView => ({
  title: "Remove the account",
  status: typed === undefined ? 200 : 422,
  body: (
    <ConfirmPage
      title={`Remove the account of ${email}?`}
      body="Everything that is theirs is gone, and organisations without projects that nobody else is in go along. This cannot be undone."
      action={paths.removePerson(id)}
      typed={email}
      confirmLabel="Remove the account"
      back={paths.person(id)}
      errors={typed === undefined ? undefined : { fields: { confirm: "That is not the address." } }}
    />
  ),
});
