import { beforeAll, describe, expect, it } from "vitest";
import { type LuaModules, type LuaValue, loadLua } from "../apisix/lua/lua";

let lua: LuaModules;
beforeAll(async () => {
  lua = await loadLua();
});

describe("certificate.is_of", () => {
  it.each<[string, LuaValue, string, boolean]>([
    ["its name", { dNSName: ["b.example", "auth.example"] }, "auth.example", true],
    ["its name in other case", { dNSName: ["Auth.Example"] }, "auth.EXAMPLE", true],
    ["all names of a domain", { dNSName: ["*.example"] }, "auth.example", true],
    ["an address", { iPAddress: ["192.0.2.1"] }, "192.0.2.1", true],
    ["another name", { dNSName: ["auth.example"] }, "auth.example.org", false],
    ["a name that ends alike", { dNSName: ["auth.example"] }, "xauth.example", false],
    ["names two levels below", { dNSName: ["*.example"] }, "a.auth.example", false],
    ["the domain itself", { dNSName: ["*.example"] }, "example", false],
    ["a star elsewhere", { dNSName: ["a*.example"] }, "auth.example", false],
    ["an address as a name", { dNSName: ["192.0.2.1"] }, "192.0.2.1", false],
    ["an address with a star", { dNSName: ["*.0.2.1"] }, "192.0.2.1", false],
    ["none", {}, "auth.example", false],
  ])("knows a certificate of %s", (_, names, host, is) => {
    expect(lua.call("certificate", "is_of", names, host)).toEqual([is]);
  });
});
