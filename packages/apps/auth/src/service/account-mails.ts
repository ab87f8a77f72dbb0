/** What people are told by mail about their accounts. Names and addresses are on lines of their own: anybody may choose them. */
type Letter = { subject: string; text: string };

export const emailChangeLink = (link: string, name: string): Letter => ({
  subject: "Confirm your new e-mail address",
  text: [
    "This address was given for an account of Homeport, by:",
    `  ${name}`,
    "To use it, open this link within an hour:",
    `  ${link}`,
    "If that was not you, do nothing: the address is not used then.",
  ].join("\n\n"),
});

export const emailChangeNotice = (address: string): Letter => ({
  subject: "Your e-mail address is about to change",
  text: [
    "Somebody who is signed in to your account asked to use another address for it:",
    `  ${address}`,
    "It changes once a link that was sent there is opened. If that was not you, end your sessions and change your password.",
  ].join("\n\n"),
});

export const emailTakenNotice = (link: string): Letter => ({
  subject: "Somebody wanted to use your e-mail address",
  text: [
    "Another account asked to use this address, which is already yours. Nothing was changed.",
    "If that was you: you have two accounts. Sign in to this one with this address:",
    `  ${link}`,
  ].join("\n\n"),
});

export const emailChanged = (address: string): Letter => ({
  subject: "Your e-mail address has changed",
  text: [
    "You sign in with this address from now on:",
    `  ${address}`,
    "If that was not you, ask somebody who runs the platform to suspend the account.",
  ].join("\n\n"),
});

export const secondFactorReset: Letter = {
  subject: "Your second factor was removed",
  text: [
    "Somebody who runs the platform removed the authenticator and the recovery codes of your account.",
    "You sign in without them now. Set up a new one on the security page of your account.",
    "If you did not ask for that, tell those who run the platform.",
  ].join("\n\n"),
};
