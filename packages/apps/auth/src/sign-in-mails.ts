/** What people are told by mail about signing in. */
type Letter = { subject: string; text: string };

export const signInLink = (link: string, host: string): Letter => ({
  subject: `Sign in to Homeport at ${host}`,
  text: [
    "Somebody, hopefully you, asked to sign in with this address. Open this link within a quarter of an hour:",
    `  ${link}`,
    "It works once. If that was not you, do nothing.",
  ].join("\n\n"),
});

export const passwordChanged: Letter = {
  subject: "Your password was changed",
  text: [
    "The password of your account was set anew, and every other session of yours was ended.",
    "If that was not you, tell those who run the platform.",
  ].join("\n\n"),
};

export const secondFactorOn: Letter = {
  subject: "Your second factor is on",
  text: [
    "An authenticator was set up for your account: its codes are asked for when you sign in.",
    "If that was not you, tell those who run the platform.",
  ].join("\n\n"),
};

export const secondFactorOff: Letter = {
  subject: "Your second factor is off",
  text: [
    "The authenticator and the recovery codes of your account were removed.",
    "If that was not you, tell those who run the platform.",
  ].join("\n\n"),
};
