import { expect, it } from "vitest";
import { answerTo, expand } from "../../../smoke/clients/jmap";

it("fills a URI template with encoded values", () => {
  expect(
    expand("http://g/download/{accountId}/{blobId}?type={type}&name={name}", {
      accountId: "a/b",
      blobId: "1",
      type: "a/b",
    }),
  ).toBe("http://g/download/a%2Fb/1?type=a%2Fb&name=");
});

it("takes the arguments of the answer, and shows an error", () => {
  expect(answerTo(["Mailbox/get", {}], { methodResponses: [["Mailbox/get", { list: [] }, "c0"]] })).toEqual({
    list: [],
  });
  const error = { methodResponses: [["error", { type: "accountNotFound" }, "c0"]] };
  expect(() => answerTo(["Mailbox/get", {}], error)).toThrow(/Mailbox\/get answered .*accountNotFound/);
});
