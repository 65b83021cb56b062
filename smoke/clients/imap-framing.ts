import type { LineClient } from "./line-client";

/** What was stored of a mail, by section as an answer names it: `BODY[]`, `BODY[HEADER]`, `BODY[TEXT]`. */
export type StoredSections = Readonly<Record<string, Buffer>>;

/** By sequence number. */
export type StoredMails = ReadonlyMap<number, StoredSections>;

const nothing: StoredMails = new Map();

/**
 * Reads the whole answer to a command, octet by octet: each stored mail comes once with each of its sections, a literal has
 * the announced size and what was stored, what follows it is another item or the closing parenthesis, and the tagged OK is
 * last (RFC 9051, sections 4.3, 7.5.2 and 9).
 *
 * @param stored the mails that were asked for. @default none: no section may come
 * @throws with the first that is out of place
 */
export async function readImapAnswer(
  lines: LineClient,
  tag: string,
  stored: StoredMails = nothing,
): Promise<void> {
  const missing = new Map([...stored].map(([number, sections]) => [number, new Set(Object.keys(sections))]));
  while (true) {
    const line = await lines.readLine();
    if (line.startsWith(`${tag} `)) {
      if (!line.startsWith(`${tag} OK`)) throw new Error(`IMAP answered: ${line}`);
      const late = [...missing].flatMap(([number, sections]) => (sections.size > 0 ? [number] : []));
      if (late.length > 0) throw new Error(`the tagged OK came before mail ${late.join(", ")}`);
      return;
    }
    const fetched = /^\* (\d+) FETCH \((.*)$/.exec(line);
    if (fetched) {
      const number = Number(fetched[1]);
      await readItems(lines, ` ${fetched[2]}`, number, stored.get(number) ?? {}, missing.get(number));
    } else if (!unsolicited.test(line)) {
      throw new Error(`not an answer of IMAP: ${shown(line)}`);
    }
  }
}

/** What a server may say beside what it was asked for. */
const unsolicited = /^\* (\d+ (EXISTS|RECENT)|OK .*|FLAGS \(.*\))$/;

/** Items without a literal, then a section and the size of its literal, or the end. */
const item = /(?: UID \d+| MODSEQ \(\d+\)| FLAGS \([^()]*\))/.source;
const items = new RegExp(`^${item}*(?: (BODY\\[[A-Z]*\\]) \\{(\\d+)\\}|\\))$`);

async function readItems(
  lines: LineClient,
  begin: string,
  number: number,
  stored: StoredSections,
  missing: Set<string> = new Set(),
): Promise<void> {
  let text = begin;
  let after = "its beginning";
  while (true) {
    const found = items.exec(text);
    if (!found) {
      throw new Error(
        `of mail ${number}, after ${after}, comes neither an item nor a parenthesis: ${shown(text)}`,
      );
    }
    const [, section, size] = found;
    if (section === undefined) return;
    const literal = `the literal of ${section} of mail ${number}`;
    const expected = stored[section];
    if (expected === undefined || !missing.delete(section)) {
      throw new Error(`${literal} was not asked for, or comes twice`);
    }
    if (Number(size) !== expected.length) {
      throw new Error(`${literal} is announced with ${size} octets, and ${expected.length} were stored`);
    }
    const content = await lines.readOctets(expected.length);
    const wrong = content.findIndex((octet, index) => octet !== expected[index]);
    if (wrong >= 0) {
      const got = content.subarray(wrong).toString("latin1");
      throw new Error(`${literal} is not what was stored, from octet ${wrong} of ${size} on: ${shown(got)}`);
    }
    text = await lines.readLine();
    after = `the literal of ${section}`;
  }
}

function shown(text: string): string {
  const most = 60;
  return JSON.stringify(text.length > most ? `${text.slice(0, most)}…` : text);
}
