import { describe, expect, it } from "vitest";
import { jamesLimits, limitProblems } from "../../constructs/james/james-limits";

describe("limits of James", () => {
  it("follow from the heap", () => {
    expect(jamesLimits(192)).toEqual({
      messageMb: 8,
      uploadMb: 8,
      uploadsPerPersonMb: 12,
      uploadsMb: 16,
      quotaMb: 13,
      mailMb: 27,
      connections: 384,
    });
    expect(jamesLimits(1000)).toMatchObject({ messageMb: 41, mailMb: 207 });
  });

  it("fit by default whatever the heap", () => {
    for (let heap = 96; heap < 5000; heap += 7) expect(limitProblems(heap), `heap ${heap}`).toEqual([]);
  });

  it("what is written moves what follows from it, and still fits", () => {
    expect(limitProblems(192, { messageMb: 13 })).toEqual([]);
    expect(jamesLimits(192, { messageMb: 13 })).toMatchObject({ uploadMb: 13, uploadsMb: 26 });
    expect(limitProblems(192, { mailMb: 5 }).map(({ limit, allowed }) => [limit, allowed])).toEqual([
      ["mailMb", "8 or more"],
    ]);
  });

  it("what does not fit is refused, with what would and the heap that it needs", () => {
    const [problem] = limitProblems(192, { mailMb: 40 });
    expect(problem).toMatchObject({ limit: "mailMb", got: 40, allowed: "at most 27" });
    const heap = Number(/heap of (\d+) MiB/.exec(problem?.fix ?? "")?.[1]);
    expect(limitProblems(heap, { ...jamesLimits(192), mailMb: 40, quotaMb: 13 })).toEqual([]);
    expect(limitProblems(192, { messageMb: 48 })[0]).toMatchObject({ limit: "messageMb", got: 48 });
  });

  it("a quota is no matter of the heap where mail is in a database, but a mail must fit it", () => {
    expect(limitProblems(192, { quotaMb: 5000 }, false)).toEqual([]);
    expect(limitProblems(192, { quotaMb: 5 }, false)).toEqual([
      { limit: "quotaMb", what: "messageMb is more than quotaMb leaves", got: 5, allowed: "8 or more" },
    ]);
    expect(limitProblems(192, { messageMb: 48, quotaMb: 5000 }, false)[0]).toMatchObject({ got: 48 });
  });
});
