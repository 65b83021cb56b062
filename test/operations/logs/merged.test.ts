import { expect, it } from "vitest";
import type { LogLine } from "../../../operations/logs/log-line";
import { merged } from "../../../operations/logs/merged";

const line = (service: string, time: string): LogLine => ({ service, time, text: "" });

async function* log(service: string, ...times: string[]) {
  for (const time of times) yield line(service, time);
}

async function told(lines: AsyncIterable<LogLine>, most = Number.POSITIVE_INFINITY): Promise<string[]> {
  const all: string[] = [];
  for await (const { service, time } of lines) if (all.push(`${time} ${service}`) >= most) break;
  return all;
}

it("lines of several logs come in the order of time", async () => {
  const logs = [log("james", "1", "4", "5"), log("redis"), log("ldap", "2", "3", "6")];
  expect(await told(merged(logs))).toEqual(["1 james", "2 ldap", "3 ldap", "4 james", "5 james", "6 ldap"]);
});

it("without patience the end of a slow one is waited for", async () => {
  async function* slow() {
    await new Promise((resolve) => setTimeout(resolve, 50));
    yield line("slow", "1");
  }
  expect(await told(merged([log("quick", "2"), slow()]))).toEqual(["1 slow", "2 quick"]);
});

it("one that is followed and says nothing holds nobody up, and is heard when it does", async () => {
  let say: (one: LogLine) => void = () => {};
  const said = new Promise<LogLine>((resolve) => {
    say = resolve;
  });
  async function* quiet() {
    yield await said;
  }
  async function* loud() {
    yield* log("loud", "1", "2", "3");
    say(line("quiet", "4"));
    await new Promise(() => {});
  }
  expect(await told(merged([quiet(), loud()], 20), 4)).toEqual(["1 loud", "2 loud", "3 loud", "4 quiet"]);
});

it("one that fails fails", async () => {
  // biome-ignore lint/correctness/useYield: it never comes to that
  async function* broken(): AsyncGenerator<LogLine> {
    throw new Error("gone");
  }
  await expect(told(merged([log("james", "1"), broken()]))).rejects.toThrow("gone");
});
