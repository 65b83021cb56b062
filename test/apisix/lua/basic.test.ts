import { beforeAll, describe, expect, it } from "vitest";
import { type LuaModules, loadLua } from "./lua";

let lua: LuaModules;
beforeAll(async () => {
  lua = await loadLua();
});

/** The user of a header whose base64 stands for `credentials`; in hexadecimal digits, as they may be no text. */
function user(authorization: string, credentials: Buffer | string) {
  const digits = Buffer.from(credentials).toString("hex");
  return lua.run(
    `local header, digits = ...
    local function decode() return (digits:gsub("%x%x", function(two) return string.char(tonumber(two, 16)) end)) end
    return require("kit.basic").user(header, decode)`,
    authorization,
    digits,
  );
}

describe("basic.user", () => {
  it("is what comes before the first colon", () => {
    expect(user("Basic Ym9iYg==", "bob@b.org:pass:word")).toEqual(["bob@b.org"]);
    expect(user("basic  Ym9iYg==", "bob@b.org:")).toEqual(["bob@b.org"]);
    expect(user("BASIC Ym9iYmI=", "bob@b.org:pässwörd€😀")).toEqual(["bob@b.org"]);
  });

  it.each(["Basic YWJ=j=", "Basic Ym9iYg=", "Basic Ym9iYg", "Basic =", "Basic ", "Basic", "Bearer Ym9i"])(
    "is none in %j",
    (header) => expect(user(header, "bob@b.org:x")).toEqual([undefined]),
  );
  it.each([
    "Basic Ym 9",
    "Basic\tYm9i",
    "Basic Ym-i",
    "Basic Ym9i, Basic Ym9i",
    " Basic Ym9i",
    "Basic Ym9i ",
  ])("is none in %j", (header) => expect(user(header, "bob@b.org:x")).toEqual([undefined]));

  it.each(["bob@b.org", ":x", "", "a\n@b.org:x", "a@b.org:x\u0000", "a@b.org:\u007f", "a\u0000@b.org:x"])(
    "is none of %j",
    (credentials) => expect(user("Basic Ym9iYg==", credentials)).toEqual([undefined]),
  );

  it("is none of what is no UTF-8", () => {
    for (const byte of [0x80, 0xc0, 0xff]) {
      const credentials = Buffer.from([...Buffer.from("bob@b.org:"), byte]);
      expect(user("Basic Ym9iYg==", credentials)).toEqual([undefined]);
    }
  });
});
