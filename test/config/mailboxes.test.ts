import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { loadEnvironment } from "../../config/environment";
import { KitError } from "../../kit/errors";

let folder = "";
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An environment beside a folder `mail`. */
function load(settings: object, files: readonly string[]) {
  folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  mkdirSync(join(folder, "mail"));
  for (const file of files) {
    mkdirSync(dirname(join(folder, "mail", file)), { recursive: true });
    writeFileSync(join(folder, "mail", file), "Subject: x\r\n\r\n");
  }
  writeFileSync(join(folder, "test.yaml"), JSON.stringify({ mailboxes: "mail", ...settings }));
  return () => loadEnvironment("test", { directory: folder, env: {} });
}

function problems(settings: object, files: readonly string[]) {
  try {
    load(settings, files)();
  } catch (error) {
    if (error instanceof KitError) return error.problems;
    throw error;
  }
  throw new Error("the environment was accepted");
}

const own = (paths: readonly string[]) => paths.map((path) => join(folder, "mail", path));

it("minimal: without the setting no mailbox is filled", () => {
  expect(load({ mailboxes: undefined }, [])().mailboxes).toEqual([]);
});

it("finds each person's mail by mailbox, and everyone's; what is no mail is left", () => {
  const { mailboxes } = load({ people: [{ mail: "Amy@localhost" }, { mail: "bob@localhost" }] }, [
    ...["amy@localhost/b.eml", "amy@localhost/a.EML", "amy@localhost/inbox/below/c.eml"],
    ...["amy@localhost/notes.txt", ".git/x.eml", "README.md", "everyone/Archive/2024/d.eml"],
  ])();
  expect(mailboxes).toEqual([
    { mail: "Amy@localhost", mailbox: ["INBOX"], files: own(["amy@localhost/a.EML", "amy@localhost/b.eml"]) },
    { mail: "Amy@localhost", mailbox: ["INBOX", "below"], files: own(["amy@localhost/inbox/below/c.eml"]) },
    ...["Amy@localhost", "bob@localhost"].map((mail) => ({
      ...{ mail, mailbox: ["Archive", "2024"], files: own(["everyone/Archive/2024/d.eml"]) },
    })),
  ]);
});

it("follows links", () => {
  const read = load({}, ["everyone/a.eml"]);
  symlinkSync(join(folder, "mail/everyone"), join(folder, "mail/james-user@localhost"));
  expect(read().mailboxes).toHaveLength(2);
});

it("refuses at once: folders of nobody, and mail that is nobody's", () => {
  expect(problems({ domain: "example.org" }, ["amy/a.eml", "b.eml"])).toEqual([
    {
      where: expect.stringMatching(/test\.yaml:1 mailboxes$/),
      what: "a folder of nobody",
      got: join(folder, "mail/amy"),
      allowed: ["everyone", "james-user@example.org"],
    },
    expect.objectContaining({ what: "a mail in the folder of nobody", got: join(folder, "mail/b.eml") }),
  ]);
});

it.each([
  ["no folder", { mailboxes: "letters" }, "cannot read the folder: there is no such file or folder (ENOENT)"],
  [
    "a directory of one's own",
    { directory: { url: "ldap://a.test:389", usersDn: "dc=a", bindDn: "cn=a" } },
    "the directory is not the kit's: it knows nobody's password",
  ],
  [
    "IMAP without passwords",
    { passwords: { imap: false } },
    "IMAP takes no passwords, by which mailboxes are filled",
  ],
])("refuses %s", (_, settings, what) => {
  expect(problems(settings, ["everyone/a.eml"])).toEqual([
    expect.objectContaining({ where: expect.stringMatching(/mailboxes$/), what }),
  ]);
});
