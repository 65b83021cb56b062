import { describe, expect, it } from "vitest";
import { base64, oauthBearer, plain, xoauth2 } from "../../../smoke/clients/sasl";

describe("SASL messages, byte for byte", () => {
  it("PLAIN has no authorization identity (RFC 4616)", () => {
    expect(plain("tim@example.com", "tanstaaf")).toEqual({
      mechanism: "PLAIN",
      message: "\0tim@example.com\0tanstaaf",
    });
  });

  it("XOAUTH2 is what Google's own example is", () => {
    const { mechanism, message } = xoauth2(
      "someuser@example.com",
      "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg",
    );
    expect(mechanism).toBe("XOAUTH2");
    expect(base64(message)).toBe(
      "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==",
    );
  });

  it("OAUTHBEARER carries the user in the GS2 header and ends with two separators (RFC 7628)", () => {
    expect(oauthBearer("user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==")).toEqual({
      mechanism: "OAUTHBEARER",
      message: "n,a=user@example.com,\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01",
    });
  });

  it("OAUTHBEARER escapes what would end the GS2 header's name (RFC 5801)", () => {
    expect(oauthBearer("a=b,c@example.com", "t").message).toBe(
      "n,a=a=3Db=2Cc@example.com,\x01auth=Bearer t\x01\x01",
    );
  });

  it("Base64 is of UTF-8 bytes", () => {
    expect(base64("é")).toBe("w6k=");
  });
});
